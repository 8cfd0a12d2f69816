import { open, type FileHandle } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { fail } from '../../errors';
import type { SourceFile } from '../import-image';
import { type FetchTask, type FoundSeries, matchingSeries, describeServer, describeWish } from './series-request';
import { boundaryOf, readParts } from './multipart-related';
import { ReceivedFiles } from './received-files';
import { SaidError, say } from '../../sentence';

const PATIENT = '00100020';
const STUDY = '0020000D';
const SERIES = '0020000E';
/** Of the answer to a search, in characters: the thread that answers everybody reads it. */
const LONGEST_LIST = 2 ** 21;

/**
 * The series by WADO-RS, in the form it is stored in; found by QIDO-RS when a UID is missing. Written to disk while it arrives.
 * @see DICOM PS3.18 §10.4, §10.6
 */
export async function fetchByDicomWeb(task: FetchTask, base: URL): Promise<SourceFile[]> {
  const { request, folder, room } = task;
  const isKnown = request.study && request.series && !request.patient;
  const { study, series } = isKnown ? request : await findSeries(task, base);
  const accept = 'multipart/related; type="application/dicom"; transfer-syntax=*';
  const response = await get(task, base, `/studies/${study}/series/${series}`, accept);
  const { statusCode: status = 0 } = response;
  if (status !== 200) response.destroy();
  if ((status === 404 || status === 204) && isKnown) throw noImages(task);
  if (status === 404)
    throw new SaidError(
      say`it lists the series, but does not give it by WADO-RS (404). Is the study stored under two patient ids? Then DICOM gives it: send its host and port instead of the URL`,
    );
  if (status !== 200) throw new SaidError(say`it answered ${status}`);

  await room(Number(response.headers['content-length'] ?? 0)).catch((error: Error) => {
    response.destroy();
    throw error;
  });
  const files = new ReceivedFiles(folder, series!, room);
  const boundary = boundaryOf(response.headers['content-type'] ?? '');
  await writeParts(response, boundary, files);
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
        await files.take(piece.length);
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
  if (!hit.study || !hit.series) throw new SaidError(say`its search result names no study and series`);
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
  const { statusCode: status = 0 } = response;
  if (status !== 200) response.destroy();
  if (status === 204 || status === 404) return [];
  if (status !== 200) throw new SaidError(say`it answered the search with ${status}`);
  let text = '';
  for await (const piece of response.setEncoding('utf8')) {
    text += piece as string;
    if (text.length > LONGEST_LIST)
      throw new SaidError(say`its list of series has more than ${LONGEST_LIST} characters`);
  }
  const found: unknown = JSON.parse(text);
  return Array.isArray(found) ? (found as DicomJson[]) : [];
}

/** No redirect is followed: it could lead to a server that --pacs_hosts does not name. */
function get(task: FetchTask, base: URL, path: string, accept: string): Promise<IncomingMessage> {
  const { username, password, protocol } = base;
  const url = new URL(base);
  url.username = url.password = '';
  const options = {
    headers: { accept },
    auth: username ? `${decodeURIComponent(username)}:${decodeURIComponent(password)}` : undefined,
    lookup: task.lookup,
    signal: task.signal,
  };
  return new Promise((resolve, reject) => {
    const send = protocol === 'https:' ? httpsRequest : httpRequest;
    send(`${url.href.replace(/\/$/, '')}${path}`, options, resolve)
      .once('error', reject)
      .end();
  });
}

function noImages({ request }: FetchTask): Error {
  return fail('PACS_NO_IMAGES', { server: describeServer(request), what: describeWish(request) });
}
