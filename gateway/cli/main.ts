#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseFlags, UsageError } from '../flags';
import { didYouMean, nearNames } from '../near-names';
import { runningGateways } from '../workspace/run-file';
import { Connection } from './connection';
import { CliFailure, exitCodes, type ExitCode } from './failure';
import { Terminal } from './terminal';
import { flagsOf, generalHelp, TIMEOUT_SECONDS, usageOf, verbHelp, type Verb } from './verb';
import { verbs } from './verbs';

const { version } = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8')) as { version: string };

/** Runs one command line. @param argv arguments after the program's name */
async function main(argv: readonly string[]): Promise<ExitCode> {
  const [name, ...rest] = argv;
  if (name === undefined || /^(--help|-h|help)$/.test(name)) {
    const about = verbs.find((verb) => verb.name === rest[0]);
    process.stdout.write(about ? verbHelp(about) : generalHelp(verbs));
    return name === undefined ? exitCodes.usage : exitCodes.done;
  }
  if (/^(--version|-V|version)$/.test(name)) {
    process.stdout.write(`aiaa-gateway ${version}\n`);
    return exitCodes.done;
  }
  const verb = verbs.find((one) => one.name === name);
  if (!verb) {
    const near = nearNames(
      name,
      verbs.map((one) => one.name),
    );
    throw new UsageError(`unknown verb ${name}${didYouMean(near) || '.'} aiaa-gateway --help lists all`);
  }
  if (rest.some((one) => one === '--help' || one === '-h')) {
    process.stdout.write(verbHelp(verb));
    return exitCodes.done;
  }
  const end = verb.raw ? verb.raw(rest, new Terminal(rest.includes('--json'))) : runVerb(verb, rest);
  return (await end) ?? exitCodes.done;
}

async function runVerb(verb: Verb, argv: readonly string[]): Promise<ExitCode | void> {
  const table = flagsOf(verb);
  const { operands, flags: given } = parseFlags(argv, table);
  const [fewest, most] = verb.operands ?? [0, 0];
  if (operands.length < fewest || operands.length > most) throw new UsageError(`usage: ${usageOf(verb)}`);
  const flags = new Map(given);
  for (const [name, { environment }] of Object.entries(table)) {
    const value = environment && process.env[environment];
    if (value && !flags.has(name)) flags.set(name, value);
  }
  const timeout = flags.get('timeout') ?? String(verb.timeoutSeconds ?? TIMEOUT_SECONDS);
  if (!/^\d+(\.\d+)?$/.test(timeout) || Number(timeout) <= 0 || Number(timeout) > 86_400)
    throw new UsageError(`--timeout is "${timeout}": expected seconds up to 86400`);
  const timeoutSeconds = Number(timeout);
  const { AIAA_ADMIN_PASSWORD_FILE: secret } = process.env;
  const workspace = resolve(flags.get('workspace') ?? 'workspace');
  const server = new Connection({
    server: flags.get('server') ?? serverHere(workspace) ?? 'http://127.0.0.1:5000',
    user: flags.get('user'),
    password: flags.get('password') ?? (secret && readFileSync(secret, 'utf8').trimEnd()),
    ca: flags.get('ca'),
    insecure: flags.has('insecure'),
    timeoutSeconds,
  });
  return verb.run!({ operands, flags, server, workspace, timeoutSeconds, terminal: new Terminal(flags.has('json')) });
}

/** The server of this machine that runs on a workspace. */
function serverHere(workspace: string): string | undefined {
  const url = runningGateways(workspace)[0]?.urls[0];
  return url?.replace(/\/\/(0\.0\.0\.0|::|\[::\])(?=[:/])/, '//127.0.0.1');
}

// A reader that has enough (| head) ends the command as it ends others.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

main(process.argv.slice(2)).then(
  (code) => void (process.exitCode = code),
  (error: Error) => {
    const expected = error instanceof CliFailure || error instanceof UsageError;
    process.stderr.write(`aiaa-gateway: ${expected ? error.message : (error.stack ?? String(error))}\n`);
    process.exitCode = expected ? error.exitCode : exitCodes.failed;
    if (!expected || !process.argv.includes('--json')) return;
    const answer = error instanceof CliFailure ? error.answer : undefined;
    const shown = answer ?? { success: false, error: { message: [error.message] } };
    process.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
  },
);
