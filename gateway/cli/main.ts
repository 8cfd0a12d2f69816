#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { runningGateways } from '../workspace/run-file';
import { parseArguments, type FlagTable } from './arguments';
import { Connection } from './connection';
import { CliFailure, exitCodes, usageFailure, type ExitCode } from './failure';
import { commonFlags, generalHelp, verbHelp } from './help';
import { Terminal } from './terminal';
import type { Verb } from './verb';
import { allVerbs as verbs } from './verbs/verbs';

/** Runs one command line. @param argv behind the program's name */
async function main(argv: readonly string[]): Promise<ExitCode> {
  const [name, ...rest] = argv;
  const asksHelp = rest.some((one) => one === '--help' || one === '-h');
  if (name === undefined || /^(--help|-h|help)$/.test(name)) {
    const about = verbs.find((verb) => verb.name === rest[0]);
    process.stdout.write(about ? verbHelp(about) : generalHelp(verbs));
    return name === undefined ? exitCodes.usage : exitCodes.done;
  }
  const verb = verbs.find((one) => one.name === name);
  if (!verb) throw usageFailure(`unknown verb ${name}; there are: ${verbs.map((one) => one.name).join(', ')}`);
  if (verb.raw) return (await verb.raw(rest, new Terminal(rest.includes('--json')))) ?? exitCodes.done;
  if (asksHelp) {
    process.stdout.write(verbHelp(verb));
    return exitCodes.done;
  }
  return (await runVerb(verb, rest)) ?? exitCodes.done;
}

async function runVerb(verb: Verb, argv: readonly string[]): Promise<ExitCode | void> {
  const table = { ...commonFlags, ...verb.flags };
  const { operands, flags: given } = parseArguments(argv, table);
  const [fewest, most] = verb.operands!;
  if (operands.length < fewest || operands.length > most)
    throw usageFailure(
      `usage: ${verb.usage.map((one) => `aiaa-gateway ${verb.name} ${one}`.trimEnd()).join('\n       ')}`,
    );
  const flags = withEnvironment(given, table);
  const timeout = flags.get('timeout') ?? String(verb.timeoutSeconds);
  if (!/^\d+(\.\d+)?$/.test(timeout) || Number(timeout) <= 0 || Number(timeout) > 86_400)
    throw usageFailure(`--timeout is "${timeout}": expected seconds up to 86400`);
  const server = new Connection({
    server: flags.get('server') ?? serverHere(flags.get('workspace')) ?? 'http://127.0.0.1:5000',
    user: flags.get('user'),
    password: flags.get('password') ?? secretFile(),
    ca: flags.get('ca'),
    insecure: flags.has('insecure'),
    timeoutSeconds: Number(timeout),
  });
  return verb.run!({ operands, flags, server, terminal: new Terminal(flags.has('json')) });
}

/** The server of this machine that runs on a workspace: the one named, else that of the environment or of this folder. */
function serverHere(workspace = process.env.AIAA_WORKSPACE ?? 'workspace'): string | undefined {
  const url = runningGateways(resolve(workspace))[0]?.urls[0];
  return url?.replace(/\/\/(0\.0\.0\.0|::|\[::\])(?=[:/])/, '//127.0.0.1');
}

function withEnvironment(given: ReadonlyMap<string, string>, table: FlagTable): ReadonlyMap<string, string> {
  const flags = new Map(given);
  for (const [name, { environment }] of Object.entries(table)) {
    const value = environment && process.env[environment];
    if (value && !flags.has(name)) flags.set(name, value);
  }
  return flags;
}

function secretFile(): string | undefined {
  const path = process.env.AIAA_ADMIN_PASSWORD_FILE;
  return path ? readFileSync(path, 'utf8').trimEnd() : undefined;
}

// A reader that has enough (| head) ends the command as it ends others.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const failure = error instanceof CliFailure ? error : undefined;
    const message = failure?.message ?? (error as Error).stack ?? String(error);
    process.stderr.write(`aiaa-gateway: ${message}\n`);
    if (failure && process.argv.includes('--json'))
      process.stdout.write(
        `${JSON.stringify(failure.answer ?? { success: false, error: { message: [failure.message] } }, null, 2)}\n`,
      );
    process.exitCode = failure?.exitCode ?? exitCodes.failed;
  },
);
