import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import type { JobResult } from '../../pipeline/job';
import type { ResultFile } from '../../pipeline/result-file';

export type OutputForm = 'all' | 'image' | 'json';

const CRLF = '\r\n';

/**
 * Sends a result as AIAA's clients parse it: multipart with exactly one text part `params` and one file part,
 * no preamble, CRLF after the last delimiter, Content-Length, never chunked or compressed. `image` is the bare file, `json` plain JSON.
 * A result without a file is multipart too, with `params` alone: the Python client survives nothing else. Whoever asks for JSON by
 * `Accept` gets it plain then.
 */
export async function sendResult(
  response: Response,
  { file, json, jsonText = JSON.stringify(json) }: JobResult,
  form: OutputForm,
): Promise<void> {
  response.status(200);
  if (form === 'json' || (!file && (form === 'image' || asksForJson(response)))) return sendJson(response, jsonText);
  if (file && form === 'image') {
    response.setHeader('Content-Type', file.contentType);
    response.setHeader('Content-Length', file.bytes);
    await writeContent(response, file);
    return void response.end();
  }

  const boundary = randomBytes(16).toString('hex');
  const params = ['Content-Disposition: form-data; name="params"', 'Content-Type: application/json', '', jsonText];
  const image = file && [
    `--${boundary}`,
    `Content-Disposition: form-data; name="image"; filename="${file.name}"`,
    `Content-Type: ${file.contentType}`,
    '',
    '',
  ];
  const head = Buffer.from([`--${boundary}`, ...params, ...(image ?? [])].join(CRLF));
  const tail = Buffer.from(`${CRLF}--${boundary}--${CRLF}`);
  response.setHeader('Content-Type', `multipart/form-data; boundary=${boundary}`);
  response.setHeader('Content-Length', head.length + (file?.bytes ?? 0) + tail.length);
  response.write(head);
  if (file) await writeContent(response, file);
  response.end(tail);
}

async function writeContent(response: Response, { content }: ResultFile): Promise<void> {
  if (content instanceof Uint8Array) response.write(content);
  else await pipeline(createReadStream(content.path), response, { end: false });
}

/** Plain JSON with its length. @param text the JSON */
export function sendJson(response: Response, text: string): void {
  const body = Buffer.from(text);
  response.setHeader('Content-Type', 'application/json');
  response.setHeader('Content-Length', body.length);
  response.end(body);
}

/** True when `Accept` names JSON and does not name multipart; `*` names nothing. */
function asksForJson(response: Response): boolean {
  const accept = response.req.get('accept') ?? '';
  return /application\/json/i.test(accept) && !/multipart\//i.test(accept);
}
