import { parseFlagsOnly, type FlagTable } from '../flags';
import { settingFlags } from '../settings';

/** Flags of `aiaa-gateway start`: those of the gateway, and of the command itself. */
export const startFlags: FlagTable = {
  background: { short: 'b', meaning: 'return when the server listens' },
  json: { meaning: 'the result as JSON on stdout' },
  ...settingFlags,
  workspace: { ...settingFlags.workspace, short: 'w' },
  port: { ...settingFlags.port, short: 'p' },
};

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
