import { flagLines, helpOf, type FlagTable } from '../flags';
import type { Connection } from './connection';
import type { ExitCode } from './failure';
import type { Terminal } from './terminal';

/** Everything that a verb is run with. */
export interface Call {
  operands: readonly string[];
  flags: ReadonlyMap<string, string>;
  server: Connection;
  /** Absolute path of the workspace of a server on this machine. */
  workspace: string;
  timeoutSeconds: number;
  terminal: Terminal;
}

/** Deadline of a short call. */
export const TIMEOUT_SECONDS = 30;

/** One verb of the command line: `aiaa-gateway NAME …`. */
export interface Verb {
  name: string;
  /** Its operands, as in `NAME zip FILE`; one line per form. @default none */
  usage?: readonly string[];
  summary: string;
  /** More lines for its help. */
  details?: readonly string[];
  flags?: FlagTable;
  /** Words that can follow, for shell completion. */
  words?: readonly string[];
  /** Names of the server's models can follow, for shell completion. */
  models?: boolean;
  /** Reads its arguments itself; {@link commonFlags} are not for it. */
  raw?: (argv: readonly string[], terminal: Terminal) => Promise<ExitCode | void>;
  /** Fewest and most operands; checked before {@link run}. @default none */
  operands?: readonly [fewest: number, most: number];
  /** Deadline of a call to the server unless `--timeout` says otherwise. @default {@link TIMEOUT_SECONDS} */
  timeoutSeconds?: number;
  run?: (call: Call) => Promise<ExitCode | void>;
}

/** Flags of every verb that talks to a server. */
export const commonFlags: FlagTable = {
  server: {
    value: 'URL',
    meaning: 'the server [the one that runs on the workspace here, else http://127.0.0.1:5000]',
    environment: 'AIAA_SERVER',
    group: 'Flags of the verbs that talk to a server',
  },
  workspace: {
    value: 'DIR',
    short: 'w',
    meaning: 'workspace of a server here [./workspace]',
    environment: 'AIAA_WORKSPACE',
  },
  json: { meaning: 'results as JSON on stdout, errors too' },
  timeout: { value: 'SECONDS', meaning: 'deadline of a call' },
  user: { value: 'NAME', meaning: "user of the server's administration", environment: 'AIAA_ADMIN_USER' },
  password: {
    value: 'TEXT',
    meaning: 'its password; better by AIAA_ADMIN_PASSWORD, or a file that AIAA_ADMIN_PASSWORD_FILE names',
    environment: 'AIAA_ADMIN_PASSWORD',
  },
  ca: { value: 'FILE', meaning: "certificate authority of the server's certificate (PEM)" },
  insecure: { meaning: 'take any certificate' },
  help: { short: 'h', meaning: 'this text' },
};

/** All flags of a verb: what the parser knows, the help lists and shells complete. */
export function flagsOf({ flags, raw }: Verb): FlagTable {
  return raw ? { ...flags } : { ...flags, ...commonFlags };
}

export function generalHelp(verbs: readonly Verb[]): string {
  const width = Math.max(...verbs.map(({ name }) => name.length));
  return helpOf([
    'Usage: aiaa-gateway VERB [operands] [flags]',
    '',
    ...verbs.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    ...flagLines(commonFlags),
    '',
    'Exit codes: 0 done; 1 refused by the server, or failed; 2 wrong usage; 3 nothing answers there;',
    '            4 status: not ready, stop: nothing to stop; 5 the deadline passed',
    '',
    'aiaa-gateway VERB --help tells more, aiaa-gateway --version which version this is.',
  ]);
}

export function usageOf({ name, usage = [''] }: Verb): string {
  return usage.map((one) => `aiaa-gateway ${name} ${one}`.trimEnd()).join('\n       ');
}

export function verbHelp(verb: Verb): string {
  const { summary, details = [], raw, timeoutSeconds = TIMEOUT_SECONDS } = verb;
  return helpOf([
    `Usage: ${usageOf(verb)}`,
    '',
    `  ${summary}.`,
    ...details.map((line) => `  ${line}`),
    '',
    ...flagLines(flagsOf(verb)),
    ...(raw ? [] : ['', `The deadline is ${timeoutSeconds} s unless --timeout says otherwise.`]),
  ]);
}
