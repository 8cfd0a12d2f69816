import { setTimeout as sleep } from 'node:timers/promises';
import { usageFailure } from '../failure';
import { folderAsTar } from '../folder-tar';
import { filePart, formBody, textContent, type Content } from '../form-body';
import { UploadProgress } from '../progress';
import type { Call, Verb } from '../verb';
import { downloaded } from './list';

type Body = Content & { contentType: string };

/** What follows the name of the model: kind, its operands, and the request body they make. */
const kinds: Record<string, { operands: string[]; body(...operands: string[]): Body }> = {
  mmar: {
    operands: ['DIR'],
    body: (folder) => formBody([{ field: 'data', fileName: 'model.tar', content: folderAsTar(folder) }]),
  },
  zip: { operands: ['FILE'], body: (file) => formBody([filePart('data', file)]) },
  config: {
    operands: ['CONFIG', 'MODEL'],
    body: (config, model) => formBody([filePart('config', config), filePart('data', model)]),
  },
  pipeline: { operands: ['CONFIG'], body: (config) => formBody([filePart('config', config)]) },
  ngc: {
    operands: ['PATH', 'VERSION'],
    body: (path, version) => ({ ...textContent(JSON.stringify({ path, version })), contentType: 'application/json' }),
  },
};

export const load: Verb = {
  name: 'load',
  usage: Object.entries(kinds).map(([kind, { operands }]) => ['NAME', kind, ...operands].join(' ')),
  operands: [3, 4],
  summary: 'uploads a model and waits until Triton serves it',
  details: [
    'mmar: a folder, an MMAR or a MONAI bundle; zip: the same packed (.zip, .tar, .tar.gz), or a Triton folder with its config inside;',
    'config: config_aiaa.json and the model file; pipeline: the config alone; ngc: fetched by the server.',
  ],
  timeoutSeconds: 5400,
  words: Object.keys(kinds),
  run: runLoad,
};

interface Published {
  triton: { state: string; version: string; platform?: string };
  warnings: string[];
}

async function runLoad({ operands: [name, kind, ...rest], server, terminal }: Call): Promise<void> {
  if (!Object.hasOwn(kinds, kind)) throw usageFailure(`load NAME "${kind}": expected ${Object.keys(kinds).join(', ')}`);
  const { operands, body } = kinds[kind];
  if (rest.length !== operands.length)
    throw usageFailure(`load NAME ${kind} takes ${operands.join(' ')}, got ${rest.length} operand(s)`);
  const path = `/admin/model/${encodeURIComponent(name)}`;
  const progress = new UploadProgress(terminal, `sending ${name}`, `loading ${name}`);
  const watched = new AbortController();
  if (kind === 'ngc' && terminal.hasProgress) void watchDownload(name, server, progress, watched.signal);
  try {
    const answer = await server.json<Published>('PUT', path, { body: body(...rest), onSent: progress.sent });
    progress.end();
    const { state, version, platform } = answer.triton;
    answer.warnings.forEach((warning) => terminal.note(`warning: ${warning}`));
    terminal.result(answer, [`${name}  ${state}  version ${version}${platform ? `  ${platform}` : ''}`]);
  } finally {
    watched.abort();
    progress.end();
  }
}

interface Coming {
  name: string;
  download?: { bytes: number; total?: number };
}

/** How far the server's own download is; only for the eye, so failures are nothing. */
async function watchDownload(
  name: string,
  server: Call['server'],
  progress: UploadProgress,
  end: AbortSignal,
): Promise<void> {
  while (!end.aborted) {
    await sleep(1000, undefined, { signal: end }).catch(() => {});
    const models = await server.json<Coming[]>('GET', '/admin/model').catch(() => []);
    const download = models.find((model) => model.name === name)?.download;
    progress.waitsFor(download ? `loading ${name}: ${downloaded(download)}` : `loading ${name}`);
  }
}
