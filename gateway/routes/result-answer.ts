import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import type { JobResult, ResultFile } from '../inference/job';

export type OutputForm = 'all' | 'image' | 'json';

const CRLF = '\r\n';

/**
 * Sends a result as AIAA's clients parse it (`aiaa-api.md` §1 facts 1-7, §5.1): multipart with exactly one text part `params` and one file part,
 * no preamble, CRLF behind the last delimiter, Content-Length, never chunked or compressed. `image` is the bare file, `json` (or no file) plain JSON.
 */
export async function sendResult(response: Response, { file, json }: JobResult, form: OutputForm): Promise<void> {
  response.status(200);
  if (!file || form === 'json') {
    const body = Buffer.from(JSON.stringify(json));
    response.setHeader('Content-Type', 'application/json');
    response.setHeader('Content-Length', body.length);
    response.end(body);
    return;
  }
  if (form === 'image') return sendFile(response, file);

  const boundary = randomBytes(16).toString('hex');
  const head = Buffer.from(
    [
      `--${boundary}`,
      'Content-Disposition: form-data; name="params"',
      'Content-Type: application/json',
      '',
      JSON.stringify(json),
      `--${boundary}`,
      `Content-Disposition: form-data; name="image"; filename="${file.name}"`,
      `Content-Type: ${file.contentType}`,
      '',
      '',
    ].join(CRLF),
  );
  const tail = Buffer.from(`${CRLF}--${boundary}--${CRLF}`);
  response.setHeader('Content-Type', `multipart/form-data; boundary=${boundary}`);
  response.setHeader('Content-Length', head.length + file.bytes + tail.length);
  response.write(head);
  await pipeline(createReadStream(file.path), response, { end: false });
  response.end(tail);
}

async function sendFile(response: Response, file: ResultFile): Promise<void> {
  response.setHeader('Content-Type', file.contentType);
  response.setHeader('Content-Length', file.bytes);
  await pipeline(createReadStream(file.path), response);
}
