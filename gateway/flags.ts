import { parseArgs } from 'node:util';
import { didYouMean, nearNames } from './near-names';

/** One flag of a command: `--name VALUE`, or a switch. */
export interface Flag {
  /** How the value is spelled in the help; absent for a switch. */
  value?: string;
  /** The flag alone means `true`. */
  optional?: boolean;
  short?: string;
  meaning: string;
  /** Environment variable that stands in for the flag. */
  environment?: string;
  /** The default in words. */
  default?: string;
  /** Heading of the help that it stands under, with those after it. @default that of the one before */
  group?: string;
}

export type FlagTable = Readonly<Record<string, Flag>>;

/** A command line that cannot be read; the message is one sentence for a person. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly exitCode = 2;
}

export interface GivenFlags {
  /** By the name in the table. A flag without a value is `true`; the last of several wins. */
  flags: ReadonlyMap<string, string>;
  operands: readonly string[];
}

/**
 * Splits arguments into flags (`--flag value`, `--flag=value`, `-f value`) and operands; after `--` everything is an operand.
 * `-` and `_` in the name of a flag are the same.
 * @param table flags that are known
 * @throws UsageError for an unknown flag, a missing value, or a value for a switch
 * @example
 * parseFlags(['load', '--time-out', '5'], { time_out: { value: 'SECONDS', meaning: 'deadline' } });
 * // { flags: Map { 'time_out' => '5' }, operands: ['load'] }
 */
export function parseFlags(argv: readonly string[], table: FlagTable): GivenFlags {
  const flags = new Map<string, string>();
  const operands: string[] = [];
  const names = new Map(Object.keys(table).map((name) => [name.replaceAll('_', '-'), name]));
  const inTable = (spelled: string) => `--${names.get(spelled.slice(2).replaceAll('_', '-')) ?? spelled.slice(2)}`;
  const { tokens } = parseArgs({
    args: argv.map((argument) => argument.replace(/^--[^=]+/, inTable)),
    options: Object.fromEntries(
      Object.entries(table).map(([name, { value, optional, short }]) => [
        name,
        { type: value && !optional ? ('string' as const) : ('boolean' as const), ...(short && { short }) },
      ]),
    ),
    strict: false,
    tokens: true,
  });
  // An argument right after this flag is the flag's value.
  let open: { name: string; index: number } | undefined;
  for (const token of tokens) {
    if (token.kind === 'positional') {
      if (open?.index === token.index - 1) flags.set(open.name, token.value);
      else operands.push(token.value);
    }
    open = undefined;
    if (token.kind !== 'option') continue;
    const { name, rawName, value, inlineValue, index } = token;
    if (!Object.hasOwn(table, name)) throw new UsageError(`unknown flag ${rawName}${nearest(name, names.values())}`);
    const { value: needed, optional } = table[name];
    const isFlag = !inlineValue && /^--?[A-Za-z]/.test(value ?? '');
    if (needed && !optional && (value === undefined || isFlag))
      throw new UsageError(`${rawName} needs a value: ${needed}`);
    if (!needed && value !== undefined) throw new UsageError(`${rawName} takes no value, it was given "${value}"`);
    if (optional && value === undefined) open = { name, index };
    flags.set(name, value ?? 'true');
  }
  return { flags, operands };
}

/** Like {@link parseFlags}, for commands without operands. */
export function parseFlagsOnly(argv: readonly string[], table: FlagTable): GivenFlags['flags'] {
  const { flags, operands } = parseFlags(argv, table);
  if (operands.length > 0) throw new UsageError(`"${operands[0]}" is not a flag. --help lists all flags`);
  return flags;
}

const nearest = (name: string, known: Iterable<string>) =>
  `${didYouMean(nearNames(name, known).map((one) => `--${one}`))} --help lists all flags`.replace(/^ /, '. ');

/** Help for flags, a line each, under the headings of their groups. */
export function flagLines(table: FlagTable): string[] {
  const spelled = (name: string, { value = '', short }: Flag) =>
    `--${name} ${value}`.trimEnd() + (short ? `, -${short}` : '');
  const entries = Object.entries(table);
  const width = Math.max(...entries.map((entry) => spelled(...entry).length));
  return entries.flatMap(([name, flag]) => {
    const { meaning, environment, default: fallback, group } = flag;
    const more = (environment ? ` (environment: ${environment})` : '') + (fallback ? ` [${fallback}]` : '');
    const line = `  ${spelled(name, flag).padEnd(width)}  ${meaning}${more}`;
    return group ? ['', `${group}:`, line] : [line];
  });
}

/**
 * Lines of help for a window: what is longer goes on below, under the text of its column.
 * @param width letters of a line; at least 40 are taken
 * @example
 * foldLines(['  --port PORT  where it listens, when it does'], 40);
 * // ['  --port PORT  where it listens, when it', '               does']
 */
export function foldLines(lines: readonly string[], width: number): string[] {
  const most = Math.max(40, width);
  return lines.flatMap((line) => {
    const column = /^ *\S.*? {2,}(?=\S)/.exec(line)?.[0].length ?? /^ */.exec(line)![0].length;
    const indent = ' '.repeat(column <= most / 2 ? column : 4);
    const folded: string[] = [];
    let rest = line;
    while (rest.length > most) {
      const space = rest.lastIndexOf(' ', most);
      // A word longer than the window stays whole.
      const at = space > indent.length ? space : rest.indexOf(' ', most);
      if (at < 0) break;
      folded.push(rest.slice(0, at).trimEnd());
      rest = indent + rest.slice(at + 1).trimStart();
    }
    return [...folded, rest];
  });
}

/** A help text as it is printed: folded to the window where there is one. */
export const helpOf = (lines: readonly string[]) =>
  `${foldLines(lines, process.stdout.columns ?? Infinity).join('\n')}\n`;
