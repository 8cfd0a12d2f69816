import { open, type FileHandle } from 'node:fs/promises';
import { fail, messageOf } from '../../errors';
import type { SourceFile } from '../import-image';
import { type FetchTask, type FoundSeries, matchingSeries, describeServer, describeWish } from './series-request';
import { boundaryOf, readParts } from './multipart-related';
import { ReceivedFiles } from './received-files';

const PATIENT = '00100020';
const STUDY = '0020000D';
const SERIES = '0020000E';

/**
 * The series by WADO-RS, in the form it is stored in; found by QIDO-RS when a UID is missing. Written to disk while it arrives.
 * @see DICOM PS3.18 §10.4, §10.6
 */
export async function fetchByDicomWeb(task: FetchTask, base: URL): Promise<SourceFile[]> {
  const { request, folder, options } = task;
  const isKnown = request.study && request.series && !request.patient;
  const { study, series } = isKnown ? request : await findSeries(task, base);
  const accept = 'multipart/related; type="application/dicom"; transfer-syntax=*';
  const response = await get(task, base, `/studies/${study}/series/${series}`, accept);
  if ((response.status === 404 || response.status === 204) && isKnown) throw noImages(task);
  if (response.status === 404)
    throw new Error(
      'it lists the series, but does not give it by WADO-RS (404). Is the study stored under two patient ids? Then DICOM gives it: send its host and port instead of the URL',
    );
  if (!response.ok) throw new Error(`it answered ${response.status} ${response.statusText}`);

  const files = new ReceivedFiles(folder, options.maxBytes);
  const boundary = boundaryOf(response.headers.get('content-type') ?? '');
  await writeParts(response.body as unknown as AsyncIterable<Uint8Array>, boundary, files);
  if (files.list.length === 0) throw noImages(task);
  return files.list;
}

async function writeParts(body: AsyncIterable<Uint8Array>, boundary: string, files: ReceivedFiles): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    for await (const piece of readParts(body, boundary)) {
      if (piece === 'part') {
        await handle?.close();
        handle = await open(files.next().path, 'w');
      } else {
        files.count(piece.length);
        await handle!.writeFile(piece);
      }
    }
  } finally {
    await handle?.close();
  }
}

/**
 * The series by QIDO-RS. Only UIDs are asked for, whose characters need no escape: servers differ in what they make of an escaped `^` or a
 * comma in a patient id, up to leaving the key aside and finding everything. Whose a hit is, is compared here.
 */
async function findSeries(task: FetchTask, base: URL): Promise<FoundSeries> {
  const { patient, study, series } = task.request;
  const known = [study && `StudyInstanceUID=${study}`, series && `SeriesInstanceUID=${series}`];
  const query = [...known, `includefield=${PATIENT}`];
  const found = await search(task, base, `/series?${query.filter(Boolean).join('&')}`);
  const hits = found.map((one) => ({
    study: textOf(one, STUDY) ?? study ?? '',
    series: textOf(one, SERIES) ?? '',
    patient: textOf(one, PATIENT),
  }));
  const hit = matchingSeries(hits, task.request);
  if (!hit.study || !hit.series) throw new Error('its search result names no study and series');
  if (patient !== undefined && hit.patient === undefined) {
    // At the level of studies PatientID is always told (PS3.18, table 10.6.3-3).
    const studies = await search(task, base, `/studies?StudyInstanceUID=${hit.study}&includefield=${PATIENT}`);
    matchingSeries(
      studies.map((one) => ({ ...hit, study: textOf(one, STUDY) ?? hit.study, patient: textOf(one, PATIENT) })),
      task.request,
    );
  }
  return hit;
}

type DicomJson = Record<string, { Value?: unknown[] }>;

const textOf = (one: DicomJson, tag: string): string | undefined => {
  const value = one[tag]?.Value?.[0];
  return value === undefined || value === null ? undefined : String(value as string);
};

async function search(task: FetchTask, base: URL, path: string): Promise<DicomJson[]> {
  const response = await get(task, base, path, 'application/dicom+json');
  if (response.status === 204 || response.status === 404) return [];
  if (!response.ok) throw new Error(`it answered the search with ${response.status} ${response.statusText}`);
  const found: unknown = await response.json();
  return Array.isArray(found) ? (found as DicomJson[]) : [];
}

async function get(task: FetchTask, base: URL, path: string, accept: string): Promise<Response> {
  const url = new URL(base);
  // fetch() takes no password in a URL.
  const login = url.username ? `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}` : undefined;
  url.username = url.password = '';
  const headers = { accept, ...(login && { authorization: `Basic ${Buffer.from(login).toString('base64')}` }) };
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
