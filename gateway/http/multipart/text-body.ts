import type { Request } from 'express';
import { fail, messageOf } from '../../errors';
import { decodeText } from '../../text';
import { megabytes } from './limits';

const TEXT = /json|yaml|x-www-form-urlencoded|^\s*text\//i;

/**
 * A body that is no multipart form: JSON or YAML, whatever the Content-Type calls it (`curl -d` says it is a form), else a URL-encoded form.
 * Bodies of other types are not read.
 */
export async function readTextBody(
  request: Request,
  maxBytes: number,
): Promise<{ json?: string; fields?: Record<string, string> }> {
  const type = request.get('content-type') ?? 'text/plain';
  if (!TEXT.test(type)) return {};
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Leaving the loop must not close the connection: the answer goes over it.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw fail('FIELD_TOO_LARGE', { what: `A body of type ${type}`, limit: megabytes(maxBytes) });
    chunks.push(chunk);
  }
  const text = textOf(Buffer.concat(chunks)).trim();
  if (text === '') return {};
  if (/^(?:[[{"]|null$)/.test(text) || !/urlencoded/i.test(type)) return { json: text };
  return { fields: Object.fromEntries(new URLSearchParams(text)) };
}

function textOf(bytes: Buffer): string {
  try {
    return decodeText(bytes);
  } catch (error) {
    throw fail('BAD_UPLOAD', { what: `the body: ${messageOf(error)}` }, { cause: error });
  }
}
