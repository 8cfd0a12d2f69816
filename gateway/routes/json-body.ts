import type { Request } from 'express';
import { fail, messageOf } from '../errors';

const MAX_BYTES = 1 << 20;

/**
 * A body of JSON text, whatever its Content-Type says (`curl -d` calls it a form). An empty body is undefined.
 * @throws BAD_PARAMS when it is not JSON, TOO_LARGE above 1 MB
 */
export async function readJsonBody(request: Request): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw fail('TOO_LARGE', { limit: '1 MB of JSON' });
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8').trim();
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw fail('BAD_PARAMS', { what: `the body is not JSON (${messageOf(error)})` }, { cause: error });
  }
}
