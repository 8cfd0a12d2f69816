import { resolve } from 'node:path';
import type { Published, StoredModel } from '../../contract/models';
import { UsageError, type FlagTable } from '../../flags';
import { filePart, formBody, textContent } from '../form-body';
import { UploadProgress } from '../terminal';
import type { Call } from '../verb';
import { archives } from './archives';
import { chooseTask, modelOf, networksOf, packOf } from './tasks';

export const totalsegmentatorFlags: FlagTable = {
  files: { value: 'DIR', meaning: 'totalsegmentator: where its archives are, or are fetched to [./totalsegmentator]' },
  'weights-url': {
    value: 'URL',
    meaning: 'totalsegmentator: where its releases lie',
    environment: 'AIAA_TOTALSEGMENTATOR_URL',
    default: 'https://github.com/wasserth/TotalSegmentator/releases/download',
  },
};

/** Loads the networks of a task of TotalSegmentator that the server does not have yet, and the pack that puts them together. */
export async function loadTotalSegmentator(name: string, given: string, call: Call): Promise<void> {
  const { flags, server, terminal, timeoutSeconds } = call;
  const task = chooseTask(given);
  const baseUrl = flags.get('weights-url') ?? totalsegmentatorFlags['weights-url'].default!;
  if (!/^https?:\/\//.test(baseUrl) || !URL.canParse(baseUrl))
    throw new UsageError(`--weights-url is "${baseUrl}": expected http(s)://host/path`);
  const source = { folder: resolve(flags.get('files') ?? 'totalsegmentator'), baseUrl, timeoutSeconds };
  const loaded = await server.json<StoredModel[]>('GET', '/admin/model');
  const isReady = (number: number) => loaded.some((model) => model.name === modelOf(number) && model.state === 'ready');
  const missing = networksOf(task).filter((number) => !isReady(number));
  const files = await archives(missing, given, source, terminal);
  for (const [number, path] of files) {
    const description = JSON.stringify({ description: `Network ${number} of TotalSegmentator; a part of packs` });
    const parts = [
      { field: 'config', fileName: 'config.json', content: textContent(description) },
      { field: 'mirroring', content: textContent('off') },
      ...(task.folds === null ? [] : [{ field: 'folds', content: textContent((task.folds ?? [0]).join(',')) }]),
      filePart('data', path),
    ];
    await put(modelOf(number), parts, call);
    terminal.note(`loaded ${modelOf(number)}`);
  }
  const models = await server.json<{ name: string; labels: string[] }[]>('GET', '/v1/models');
  const counts = new Map(networksOf(task).map((number) => [number, models.find((one) => one.name === modelOf(number))?.labels.length ?? 0]));
  const config = textContent(JSON.stringify(packOf(task, counts), null, 2));
  const answer = await put(name, [{ field: 'config', fileName: 'config_aiaa.json', content: config }], call);
  terminal.result(answer, [`${name}  ${answer.triton.state}  version ${answer.triton.version}  ${task.labels.length} labels of ${networksOf(task).map(modelOf).join(', ')}`]);
} // prettier-ignore

async function put(name: string, parts: Parameters<typeof formBody>[0], { server, terminal }: Call): Promise<Published> {
  const progress = new UploadProgress(terminal, `sending ${name}`, `loading ${name}`);
  try {
    const options = { body: formBody(parts), onSent: progress.sent };
    const answer = await server.json<Published>('PUT', `/admin/model/${encodeURIComponent(name)}`, options);
    answer.warnings.forEach((warning) => terminal.note(`warning: ${warning}`));
    return answer;
  } finally {
    progress.end();
  }
} // prettier-ignore
