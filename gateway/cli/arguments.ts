import { usageFailure } from './failure';

/** One flag of a verb: `--name VALUE`, or a switch. */
export interface Flag {
  /** How the value is spelled in the help; none for a switch. */
  value?: string;
  short?: string;
  meaning: string;
  /** Environment variable that stands in for it. */
  environment?: string;
}

export type FlagTable = Readonly<Record<string, Flag>>;

export interface Arguments {
  operands: string[];
  /** Switches have the value `true`. */
  flags: ReadonlyMap<string, string>;
}

/**
 * Splits arguments into flags (`--flag value`, `--flag=value`, `-f value`) and operands; behind `--` everything is an operand.
 * @throws CliFailure (exit code 2) for an unknown flag or a flag without its value
 */
export function parseArguments(argv: readonly string[], table: FlagTable): Arguments {
  const operands: string[] = [];
  const flags = new Map<string, string>();
  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at];
    if (argument === '--') {
      operands.push(...argv.slice(at + 1));
      break;
    }
    if (!/^-./.test(argument)) {
      operands.push(argument);
      continue;
    }
    const [, spelled, attached] = /^(--?[^=]+)(?:=(.*))?$/s.exec(argument)!;
    const name = nameOf(spelled, table);
    const { value } = table[name];
    if (value === undefined) {
      if (attached !== undefined) throw usageFailure(`${spelled} takes no value, it was given "${attached}"`);
      flags.set(name, 'true');
    } else if (attached !== undefined) flags.set(name, attached);
    else if (at + 1 < argv.length) flags.set(name, argv[++at]);
    else throw usageFailure(`${spelled} needs a value: ${value}`);
  }
  return { operands, flags };
}

function nameOf(spelled: string, table: FlagTable): string {
  const bare = spelled.replace(/^--?/, '').replaceAll('_', '-');
  if (spelled.startsWith('--') && Object.hasOwn(table, bare)) return bare;
  const short = Object.keys(table).find((name) => table[name].short === bare);
  if (!spelled.startsWith('--') && short) return short;
  const like = Object.keys(table).find((name) => bare.length > 1 && (name.includes(bare) || bare.includes(name)));
  throw usageFailure(`unknown flag ${spelled}${like ? `; did you mean --${like}?` : ''}`);
}
