import { columns } from '../terminal';
import type { Call, Verb } from '../verb';

interface Entry {
  name: string;
  type: string | null;
  state: string;
  reason?: string;
  version?: number;
  versions?: { version: number }[];
  download?: { bytes: number; total?: number };
}

export const list: Verb = {
  name: 'list',
  usage: [''],
  operands: [0, 0],
  summary: 'lists models with type, state and kept versions',
  timeoutSeconds: 30,
  run: showModels,
};

async function showModels({ server, terminal }: Call): Promise<void> {
  const models = await server.json<Entry[]>('GET', '/admin/model');
  const rows = models.map(({ name, type, state, reason = '', version, versions = [], download }) => [
    name,
    type ?? '–',
    state,
    String(version ?? '–'),
    versions.map((kept) => kept.version).join(' '),
    download ? downloaded(download) : reason,
  ]);
  terminal.result(
    models,
    rows.length ? columns([['MODEL', 'TYPE', 'STATE', 'VERSION', 'KEPT', ''], ...rows]) : ['no models'],
  );
}

export function downloaded({ bytes, total }: NonNullable<Entry['download']>): string {
  const megabytes = (count: number) => (count / 2 ** 20).toFixed(1);
  return total ? `${megabytes(bytes)} of ${megabytes(total)} MB fetched` : `${megabytes(bytes)} MB fetched`;
}
