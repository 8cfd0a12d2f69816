import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parseFlagsOnly, type FlagTable } from '../../flags';
import { readSettings, settingFlags } from '../../settings';
import { runningGateways } from '../../workspace/run-file';
import { CliFailure, exitCodes, type ExitCode } from '../failure';
import type { Terminal } from '../terminal';
import type { Verb } from '../verb';

const LISTENING_WITHIN_MS = 180_000;
const LAST_LINES = 20;
/** The script of `npm start`; without it (an image with the gateway alone) the gateway itself. */
const script = join(__dirname, '../../../scripts/start.mjs');
const gateway = join(__dirname, '../../main.js');

/** Flags of `aiaa-gateway start`: those of the gateway, and of the command itself. */
const startFlags: FlagTable = {
  background: { short: 'b', meaning: 'return when the server listens' },
  json: { meaning: 'the result as JSON on stdout' },
  ...settingFlags,
  workspace: { ...settingFlags.workspace, short: 'w' },
  port: { ...settingFlags.port, short: 'p' },
};

export const start: Verb = {
  name: 'start',
  usage: ['[-b] [flags of the gateway]'],
  summary: 'runs gateway and Triton, as npm start does; -b in the background',
  details: [
    'Takes the flags of the gateway and those of AIAA 3 and 4 (--engine, --triton_ip, …).',
    'With -b it returns when the server listens; its output is <workspace>/logs/start.log.',
    'Every flag --x is also read from the environment as AIAA_X, a secret (TEXT) also from the file that AIAA_X_FILE names.',
  ],
  flags: startFlags,
  raw: startServer,
};

async function startServer(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const { flags, notes, background } = translateStartFlags(argv);
  notes.forEach((note) => terminal.note(note));
  const { workspace } = readSettings(flags);
  const program = existsSync(script) ? script : gateway;
  if (background) return startInBackground([program, ...flags], workspace, terminal);
  // In this very process: signals reach the script itself, and it decides about the end.
  process.argv.splice(1, Infinity, program, ...flags);
  await import(pathToFileURL(program).href);
  return new Promise<never>(() => {});
}

async function startInBackground(command: string[], workspace: string, terminal: Terminal): Promise<ExitCode> {
  const already = new Set(runningGateways(workspace).map(({ pid }) => pid));
  const logs = resolve(workspace, 'logs');
  mkdirSync(logs, { recursive: true });
  const log = join(logs, 'start.log');
  // The first start says the operators' password.
  const file = openSync(log, 'a', 0o600);
  const child = spawn(process.execPath, command, { detached: true, stdio: ['ignore', file, file] });
  const isOurs = ({ pid, starter }: { pid: number; starter?: { pid: number } }) =>
    !already.has(pid) && [pid, starter?.pid].includes(child.pid);
  for (const end = Date.now() + LISTENING_WITHIN_MS; Date.now() < end; await sleep(100)) {
    const ours = runningGateways(workspace).find(isOurs);
    if (ours) {
      child.unref();
      const { urls } = ours;
      terminal.result({ pid: child.pid, urls, log }, [`${urls.join(', ')}  (pid ${child.pid}, log ${log})`]);
      return exitCodes.done;
    }
    if (child.exitCode !== null || child.signalCode !== null) {
      const last = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-LAST_LINES).join('\n');
      throw new CliFailure(
        `it ended before it listened (exit code ${child.exitCode ?? child.signalCode}):\n${last}`,
        child.exitCode === 2 ? exitCodes.usage : exitCodes.failed,
      );
    }
  }
  child.kill('SIGTERM');
  const sentence = `it did not listen within ${LISTENING_WITHIN_MS / 1000} s and was told to end; its log: ${log}`;
  throw new CliFailure(sentence, exitCodes.late);
}

/** Flags that AIAA 3 and 4 had and that have no meaning here, with the reason. */
const ignored: Record<string, string> = {
  engine: 'inference always runs on Triton',
  triton_start_timeout: 'models are loaded as soon as Triton answers, however long it takes to start',
  fork: 'jobs run in threads (--workers)',
  client_id: 'clients are not told apart',
};

/** Flags that AIAA 3 and 4 had and that are said otherwise here. */
const renamed: FlagTable = {
  triton_ip: { value: 'HOST', meaning: 'see --triton_url' },
  triton_port: { value: 'PORT', meaning: 'see --triton_url' },
  triton_model_path: { value: 'DIR', meaning: 'see --model_repository' },
  triton_proto: { value: 'grpc', meaning: 'see --triton_url' },
};

export interface StartFlags {
  /** For the gateway, in its own names: `--name=value`. */
  flags: string[];
  /** A sentence for each flag that means nothing here. */
  notes: string[];
  background: boolean;
}

/**
 * Flags of `AIAA start` and `start_aas.sh` (AIAA 3 and 4) as the gateway's own.
 * `--triton_ip`, `--triton_port` and `--triton_model_path` become `--triton_url` and `--model_repository`; `--debug 1` means true.
 * @throws UsageError for a flag that neither has, or one without its value
 */
export function translateStartFlags(argv: readonly string[]): StartFlags {
  const without = Object.entries(ignored).map(([name, meaning]) => [name, { value: 'TEXT', optional: true, meaning }]);
  const given = parseFlagsOnly(argv, { ...Object.fromEntries(without), ...renamed, ...startFlags });
  const entries = [...given];
  const flags = entries.filter(([name]) => name in settingFlags).map(([name, value]) => `--${name}=${value}`);
  const notes = entries.flatMap(([name]) => (name in ignored ? [`--${name} is ignored: ${ignored[name]}`] : []));
  const proto = given.get('triton_proto') ?? 'grpc';
  if (proto.toLowerCase() !== 'grpc')
    notes.push(`--triton_proto ${proto} is ignored: the gateway speaks gRPC to Triton`);
  const repository = given.get('triton_model_path');
  if (repository !== undefined) flags.push(`--model_repository=${repository}`);
  const [ip, port] = [given.get('triton_ip'), given.get('triton_port')];
  if (ip !== undefined || port !== undefined) flags.push(`--triton_url=grpc://${ip ?? '127.0.0.1'}:${port ?? '8001'}`);
  return { flags, notes, background: given.has('background') };
}
