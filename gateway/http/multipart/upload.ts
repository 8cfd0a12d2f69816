import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Request, Response } from 'express';
import { limits } from '../../contract/params';
import { diskError } from '../../disk-errors';
import { asGatewayError, fail, GatewayError, type ErrorCode } from '../../errors';
import { checkFreeRoom } from '../../free-room';
import { decodeText } from '../../text';
import { ownedName } from '../../workspace/gateways';
import { watchArrival } from './body-arrival';
import { PartFiles } from './part-files';
import { megabytes } from './part-rewriter';
import { readParts } from './read-parts';
import type { Ahead, Upload } from './received';
import { known, say, sentenceOf } from '../../sentence';

export type { Ahead, Upload, UploadedFile } from './received';

export interface UploadOptions {
  /** Folder in which each request gets a folder of its own. */
  directory: string;
  maxBytes: number;
  /** Begins the names of the folders, see {@link ownedName}. @default 'alone' */
  gateway?: string;
  /** Longest pause in the body, in seconds. @default 60 */
  stallSeconds?: number;
  /** The field `params` of a multipart form goes to the disk, see {@link Upload.params}. @default false */
  spoolParams?: boolean;
  /** A body that is no form is one file. @default false: text of a few types is read, and nothing else */
  asFile?: boolean;
}

/** Codes of {@link receiveUpload}. */
export const uploadErrors = [
  'BAD_UPLOAD',
  'REQUEST_TIMEOUT',
  'TOO_LARGE',
  'TOO_MANY_PARTS',
  'FIELD_TOO_LARGE',
  'DISK_FULL',
  'CANCELLED',
] as const satisfies readonly ErrorCode[];

/** A disk that has no room for so much is found out when it is written. */
const SMALL_BODY_BYTES = 1 << 20;
const TEXT = /json|yaml|x-www-form-urlencoded|^\s*text\//i;

/** Does work that makes files in the folder of an upload: the folder stays until it is done, also when the client goes meanwhile. */
export function workInFolder<T>(upload: Upload, work: () => Promise<T>): Promise<T> {
  const result = work();
  upload.work = result;
  return result;
}

/**
 * Writes the parts of a multipart body to disk while they arrive; no file is ever whole in memory. Takes every file part, whatever its name,
 * and every spelling of a form that real clients have ({@link PartRewriter}). Other bodies are read as JSON or as a URL-encoded form.
 * The request's folder is removed when the answer is out or the client is gone, in every case.
 *
 * @param cancelled somebody does not want the request any more
 * @param ahead is called at most once, while an image that is worth it arrives
 * @throws the codes of {@link uploadErrors}
 */
export async function receiveUpload(
  request: Request,
  response: Response,
  { directory, maxBytes, gateway = 'alone', stallSeconds = 60, spoolParams = false, asFile = false }: UploadOptions,
  cancelled?: AbortSignal,
  ahead?: Ahead,
): Promise<Upload> {
  const upload: Upload = { directory: join(directory, ownedName(gateway)), fields: {}, files: [] };
  const arrival = watchArrival(request, stallSeconds, cancelled);
  try {
    await refuseWhenTooLarge(request, directory, maxBytes);
    if (response.closed || response.destroyed) throw fail('CANCELLED');
    response.once('close', () => void removeFolder(upload));
    const type = request.get('content-type') ?? 'text/plain';
    const reading = /^\s*multipart\//i.test(type)
      ? readParts(request, upload, {
          type,
          maxBytes,
          stalled: arrival.stalled,
          makeFolder: () => makeFolder(upload, response),
          spoolParams,
          ahead,
        })
      : asFile
        ? readFile(request, upload, maxBytes, () => makeFolder(upload, response))
        : readText(request, upload, type);
    await Promise.race([reading, arrival.stalled]);
    return upload;
  } catch (error) {
    throw uploadError(error);
  } finally {
    arrival.end();
  }
}

/** @throws CANCELLED when the client went meanwhile: its response is closed, and nobody else would remove the folder */
async function makeFolder(upload: Upload, response: Response): Promise<void> {
  await mkdir(upload.directory, { recursive: true });
  if (!response.closed && !response.destroyed) return;
  await removeFolder(upload);
  throw fail('CANCELLED');
}

async function removeFolder(upload: Upload): Promise<void> {
  const { directory, work } = upload;
  await work?.catch(() => undefined);
  if (upload.isEmpty) return;
  await rm(directory, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
}

/**
 * A body that is not a multipart form: JSON or YAML, whatever the Content-Type calls it (`curl -d` says it is a form), else a URL-encoded form.
 * Bodies of other types are not read.
 */
async function readText(request: Request, upload: Upload, type: string): Promise<void> {
  if (!TEXT.test(type)) return;
  const isForm = /urlencoded/i.test(type);
  const most = limits.textBytes;
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Leaving the loop must not close the connection: the answer goes over it.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > most) throw fail('FIELD_TOO_LARGE', { what: say`A body of type ${type}`, limit: megabytes(most) });
    chunks.push(chunk);
  }
  const text = textOf(Buffer.concat(chunks)).trim();
  if (/^(?:[[{"]|null$)/.test(text) || (text !== '' && !isForm)) upload.json = text;
  else upload.fields = readForm(text);
}

/** The whole body as the only file of the upload. @throws TOO_LARGE */
async function readFile(request: Request, upload: Upload, maxBytes: number, makeFolder: () => Promise<void>) {
  const files = new PartFiles(upload.directory, makeFolder);
  try {
    await files.begin(0, { field: 'body', isFile: true });
    let bytes = 0;
    for await (const piece of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes > maxBytes) throw fail('TOO_LARGE', { what: 'upload', limit: megabytes(maxBytes) });
      await files.write(piece);
    }
    files.end();
    const { path, size } = await files.whole(0);
    upload.files.push({ field: 'body', path, name: 'body', bytes: size });
  } catch (error) {
    files.destroy();
    throw error;
  }
}

/** @throws TOO_MANY_PARTS, before the fields are read */
function readForm(text: string): Record<string, string> {
  let fields = 1;
  for (let at = text.indexOf('&'); at >= 0; at = text.indexOf('&', at + 1)) fields++;
  if (fields > limits.fields) throw fail('TOO_MANY_PARTS', { limit: `${limits.fields} text fields` });
  return Object.fromEntries(new URLSearchParams(text));
}

function textOf(bytes: Buffer): string {
  try {
    return decodeText(bytes);
  } catch (error) {
    throw fail('BAD_UPLOAD', { what: say`the body: ${sentenceOf(error)}` }, { cause: error });
  }
}

/** Compares the announced length with the limit, and that of a body with files in it with the free disk. */
async function refuseWhenTooLarge(request: Request, directory: string, maxBytes: number): Promise<void> {
  const bytes = Number(request.get('content-length') ?? 0);
  if (bytes > maxBytes) throw fail('TOO_LARGE', { what: 'upload', limit: megabytes(maxBytes) });
  if (bytes <= SMALL_BODY_BYTES) return;
  await mkdir(directory, { recursive: true });
  await checkFreeRoom(directory, bytes, known('an upload'));
}

function uploadError(error: unknown): Error {
  if (error instanceof GatewayError) return error;
  if (diskError(error)) return asGatewayError(error);
  return fail('BAD_UPLOAD', { what: sentenceOf(error) }, { cause: error });
}
