import type { FlagTable } from './arguments';
import type { Connection } from './connection';
import type { ExitCode } from './failure';
import type { Terminal } from './terminal';

/** What a verb is run with. */
export interface Call {
  operands: readonly string[];
  flags: ReadonlyMap<string, string>;
  server: Connection;
  terminal: Terminal;
}

/** One verb of the command line: `aiaa-gateway NAME …`. */
export interface Verb {
  name: string;
  /** Its operands, as in `NAME zip FILE`; one line per form. */
  usage: readonly string[];
  /** Fewest and most operands; checked before {@link run}. Left out: the verb reads its arguments itself. */
  operands?: readonly [fewest: number, most: number];
  summary: string;
  /** More lines for its help. */
  details?: readonly string[];
  flags?: FlagTable;
  /** Deadline of a call to the server unless `--timeout` says otherwise. */
  timeoutSeconds: number;
  /** Words that can follow, for shell completion. */
  words?: readonly string[];
  /** Takes the arguments as they are, flags of its own included. */
  raw?: (argv: readonly string[], terminal: Terminal) => Promise<ExitCode | void>;
  run?: (call: Call) => Promise<ExitCode | void>;
}
