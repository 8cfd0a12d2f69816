import { randomUUID } from 'node:crypto';
import { maxHeaderSize } from 'node:http';
import type { Duplex } from 'node:stream';
import { fail, messageOf, type GatewayError } from '../../errors';
import { errorBody } from './error-handler';

/** How long a client may go on sending before it reads the answer. */
const DRAIN_WITHIN_MS = 2000;

const refused = new WeakSet<Duplex>();

/** Answers what never became a request, since its head or its chunks cannot be read: with the error body that all other errors have. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  // The rest of a body that is not read: closing now would take the answer away from the client.
  if (refused.has(socket)) return;
  const answered = (socket as Duplex & { _httpMessage?: { headersSent: boolean } })._httpMessage?.headersSent;
  if (!socket.writable || answered || error.code === 'ECONNRESET') return void socket.destroy(error);
  const failure = errorOf(error);
  const id = randomUUID();
  const body = Buffer.from(errorBody(failure, id));
  const head = [
    `HTTP/1.1 ${failure.status} ${failure.reason}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${body.length}`,
    `X-Request-Id: ${id}`,
    'Connection: close',
  ];
  refused.add(socket);
  const timer = setTimeout(() => socket.destroy(), DRAIN_WITHIN_MS);
  socket.once('close', () => clearTimeout(timer));
  socket.end(Buffer.concat([Buffer.from([...head, '', ''].join('\r\n')), body]));
}

function errorOf(error: NodeJS.ErrnoException & { reason?: string }): GatewayError {
  if (error.code === 'HPE_HEADER_OVERFLOW') return fail('HEADERS_TOO_LARGE', { limit: maxHeaderSize });
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    const what = 'its head or its body took too long. The operator can raise --header_timeout and --request_timeout';
    return fail('REQUEST_TIMEOUT', { what });
  }
  return fail('BAD_HTTP', { what: error.reason ?? messageOf(error) }, { cause: error });
}
