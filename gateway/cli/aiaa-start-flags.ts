import { listSettings } from '../settings';
import { usageFailure } from './failure';

export interface StartFlags {
  /** For the gateway, in its own names. */
  flags: string[];
  /** A sentence for each flag that means nothing here. */
  notes: string[];
  background: boolean;
}

/** Switches of the command itself. */
const own = /^(b|background|json)$/;

/** Flags that AIAA 3 and 4 had and that have no meaning here, with the reason. */
const ignored: Record<string, string> = {
  engine: 'inference always runs on Triton',
  triton_start_timeout: 'models are loaded as soon as Triton answers, however long it takes to start',
  fork: 'jobs run in threads (--workers)',
  client_id: 'clients are not told apart',
};

const short: Record<string, string> = { w: 'workspace', p: 'port' };

/**
 * Flags of `AIAA start` and `start_aas.sh` (AIAA 3 and 4; `aiaa-api.md` §9.2) as the gateway's own.
 * `--triton_ip`, `--triton_port` and `--triton_model_path` become `--triton_url` and `--model_repository`; `--debug 1` means true.
 * @throws CliFailure (exit code 2) for a flag that neither has, or one without its value
 */
export function translateStartFlags(argv: readonly string[]): StartFlags {
  const settings = new Map(listSettings().map(({ flag, value }) => [flag.slice(2), value]));
  const flags: string[] = [];
  const notes: string[] = [];
  const triton: { ip?: string; port?: string } = {};
  let background = false;
  for (let at = 0; at < argv.length; at++) {
    const [, spelled, attached] = /^--?([A-Za-z][\w-]*)(?:=(.*))?$/s.exec(argv[at]) ?? [];
    if (spelled === undefined) throw usageFailure(`"${argv[at]}" is no flag; start takes flags only`);
    if (own.test(spelled)) {
      background ||= spelled !== 'json';
      continue;
    }
    const flag = argv[at];
    const name = short[spelled] ?? spelled.replaceAll('-', '_');
    const next = argv[at + 1];
    const hasNext = attached === undefined && next !== undefined && !/^--?[A-Za-z]/.test(next);
    const value = attached ?? (hasNext ? argv[++at] : undefined);
    const needed = () => {
      if (value === undefined) throw usageFailure(`--${name} needs a value`);
      return value;
    };
    if (settings.has(name)) {
      if (settings.get(name) !== 'BOOL') needed();
      flags.push(`--${name}`, ...(value === undefined ? [] : [value]));
    } else if (name === 'triton_ip') triton.ip = needed();
    else if (name === 'triton_port') triton.port = needed();
    else if (name === 'triton_model_path') flags.push('--model_repository', needed());
    else if (name === 'triton_proto') {
      if (needed().toLowerCase() !== 'grpc')
        notes.push(`--triton_proto ${value} is ignored: the gateway speaks gRPC to Triton`);
    } else if (name in ignored) notes.push(`--${name} is ignored: ${ignored[name]}`);
    else throw usageFailure(`unknown flag ${flag}${nearest(name, [...settings.keys()])}. --help lists all flags`);
  }
  if (triton.ip !== undefined || triton.port !== undefined)
    flags.push('--triton_url', `grpc://${triton.ip ?? '127.0.0.1'}:${triton.port ?? '8001'}`);
  return { flags, notes, background };
}

function nearest(name: string, known: readonly string[]): string {
  const like = known.find((one) => name.length > 2 && (one.includes(name) || name.includes(one)));
  return like ? `; did you mean --${like}?` : '';
}
