import { open, type FileHandle } from 'node:fs/promises';
import { fail, messageOf } from '../../errors';
import type { SourceFile } from '../import-image';
import type { FetchTask } from './fetch-task';
import { boundaryOf, readParts } from './multipart-related';
import { ReceivedFiles } from './received-files';
import { describeServer, describeWish, severalSeries } from './series-request';

const STUDY = '0020000D';
const SERIES = '0020000E';

/**
 * The series by WADO-RS, in the form it is stored in; found by QIDO-RS when a UID is missing. Written to disk while it arrives.
 * @see DICOM PS3.18 §10.4, §10.6
 */
export async function fetchByDicomWeb(task: FetchTask, base: URL): Promise<SourceFile[]> {
  const { request, folder, options } = task;
  const { study, series } =
    request.study && request.series ? { study: request.study, series: request.series } : await findSeries(task, base);
  const accept = 'multipart/related; type="application/dicom"; transfer-syntax=*';
  const response = await get(task, base, `/studies/${study}/series/${series}`, accept);
  if (response.status === 404 || response.status === 204) throw noImages(task);
  if (!response.ok) throw new Error(`it answered ${response.status} ${response.statusText}`);

  const files = new ReceivedFiles(folder, options.maxBytes);
  const boundary = boundaryOf(response.headers.get('content-type') ?? '');
  await writeParts(response.body as unknown as AsyncIterable<Uint8Array>, boundary, files);
  if (files.list.length === 0) throw noImages(task);
  return files.list;
}

async function writeParts(body: AsyncIterable<Uint8Array>, boundary: string, files: ReceivedFiles): Promise<void> {
  let file: SourceFile;
  let handle: FileHandle | undefined;
  try {
    await readParts(body, boundary, {
      async begin() {
        file = files.next();
        handle = await open(file.path, 'w');
      },
      async write(content) {
        files.count(file, content.length);
        await handle!.writeFile(content);
      },
      async end() {
        await handle!.close();
        handle = undefined;
      },
    });
  } finally {
    await handle?.close();
  }
}

async function findSeries(task: FetchTask, base: URL): Promise<{ study: string; series: string }> {
  const { patient, study, series } = task.request;
  const query = new URLSearchParams();
  if (patient) query.set('PatientID', patient);
  if (study) query.set('StudyInstanceUID', study);
  if (series) query.set('SeriesInstanceUID', series);
  const response = await get(task, base, `/series?${query}`, 'application/dicom+json');
  if (response.status === 204 || response.status === 404) throw noImages(task);
  if (!response.ok) throw new Error(`it answered the search with ${response.status} ${response.statusText}`);
  const found = (await response.json()) as Record<string, { Value?: string[] }>[];
  if (!Array.isArray(found) || found.length === 0) throw noImages(task);
  const uids = found.map((one) => ({ study: one[STUDY]?.Value?.[0] ?? study, series: one[SERIES]?.Value?.[0] }));
  if (uids.length > 1) throw severalSeries(uids.map((one) => one.series ?? '?'));
  const [{ study: foundStudy, series: foundSeries }] = uids;
  if (!foundStudy || !foundSeries) throw new Error('its search result names no study and series');
  return { study: foundStudy, series: foundSeries };
}

async function get(task: FetchTask, base: URL, path: string, accept: string): Promise<Response> {
  const url = new URL(base);
  // fetch() takes no password in a URL.
  const login = url.username ? `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}` : undefined;
  url.username = url.password = '';
  const headers = {
    accept,
    ...(login && { authorization: `Basic ${Buffer.from(login).toString('base64')}` }),
  };
  try {
    // A redirect could lead to a host that --pacs_hosts does not allow.
    return await fetch(`${url.href.replace(/\/$/, '')}${path}`, { headers, redirect: 'error', signal: task.signal });
  } catch (error) {
    if (task.signal.aborted) throw error;
    const { cause } = error as Error;
    const what = messageOf(cause ?? error);
    throw fail('PACS_UNREACHABLE', { server: describeServer(task.request), what }, { cause: error });
  }
}

function noImages({ request }: FetchTask): Error {
  return fail('PACS_NO_IMAGES', { server: describeServer(request), what: describeWish(request) });
}
