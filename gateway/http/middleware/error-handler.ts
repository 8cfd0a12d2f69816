import { randomUUID } from 'node:crypto';
import { maxHeaderSize } from 'node:http';
import type { Duplex } from 'node:stream';
import type { NextFunction, Request, Response } from 'express';
import { asGatewayError, fail, framesOf, messageOf, type GatewayError } from '../../errors';
import type { Logger } from '../../telemetry/logger';
import { endpointFinder, errorsOf, type Endpoint } from '../endpoint';
import { watchArrival } from '../multipart/body-arrival';
import { serverUrl } from './url-aliases';
import { say } from '../../sentence';

/** When a busy or absent server may be worth another try: Triton is asked every second, and loading takes about as long. */
const RETRY_AFTER_S = 2;

/** Most of a URL that an error repeats. */
const SHOWN = 300;

/** Answers requests that no endpoint took: the path does not exist, or does not have the method. */
export function notFound(endpoints: readonly Endpoint[], rootPath = '') {
  const endpointsAt = endpointFinder(endpoints);
  return function answerNotFound(request: Request, response: Response): never {
    const { method, originalUrl } = request;
    const path = originalUrl.slice(0, SHOWN);
    const methods = new Set(endpointsAt(request.path).map((row) => row.method.toUpperCase()));
    if (methods.size === 0 || methods.has(method))
      throw fail('NOT_FOUND', { method, path, server: serverUrl(request, rootPath) });
    // RFC 9110, 10.2.1.
    const allowed = [...methods, ...(methods.has('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
    response.setHeader('Allow', allowed);
    throw fail('METHOD_NOT_ALLOWED', { method, path, allowed });
  };
}

/**
 * The one place where an error becomes an answer: AIAA's error body with the catalogue's code and details beside it, and a short ASCII reason
 * phrase, since native clients show that and not the body.
 *
 * @param options `stallSeconds`: how long a client may send nothing of the body that nobody reads
 */
export function errorHandler(logger: Logger, { debug = false, stallSeconds = 60 } = {}) {
  return function answerError(thrown: unknown, request: Request, response: Response, _next: NextFunction): void {
    const error = declared(errorOf(thrown, request, response), response, logger);
    request.run.error = error;
    const stack = framesOf(error.cause instanceof Error ? error.cause : error);
    if (error.code === 'INTERNAL' || debug) logger.error(error.record, { code: error.code, stack });
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    const told = endpointOf(response)?.tellErrors?.(error, response);
    const status = told?.status ?? error.status;
    response.status(status);
    if (status === 503 && !response.hasHeader('Retry-After')) response.setHeader('Retry-After', RETRY_AFTER_S);
    if (status === error.status) response.statusMessage = error.reason;
    response.type('application/json');
    const body = told ? JSON.stringify(told.body) : errorBody(error, request.run.id);
    if (error.code === 'REQUEST_TIMEOUT') response.setHeader('Connection', 'close').send(body);
    else sendBeforeTheBodyEnds(request, response, body, stallSeconds);
  };
}

/**
 * Sends an answer at once, and ends it when the client has sent all of its body: a connection closed before takes the answer away from who is still
 * writing (RFC 9112, 9.6).
 */
function sendBeforeTheBodyEnds(request: Request, response: Response, text: string, stallSeconds: number): void {
  const hasBody = Number(request.get('content-length') ?? 0) > 0 || request.get('transfer-encoding') !== undefined;
  if (!hasBody || request.complete || request.destroyed) return void response.send(text);
  response.setHeader('Content-Length', Buffer.byteLength(text));
  response.write(text);
  const arrival = watchArrival(request, stallSeconds);
  const end = () => {
    arrival.end();
    response.end();
  };
  arrival.stalled.catch(end);
  for (const event of ['end', 'error', 'close']) request.once(event, end);
  request.resume();
}

/** JSON text that tells a client of an error. */
export function errorBody({ type, message, code, details }: GatewayError, id: string): string {
  const error = { type, message: [message], code, request_id: id, ...details };
  return `${JSON.stringify({ success: false, error })}\n`;
}

const endpointOf = (response: Response) => response.locals.endpoint as Endpoint | undefined;

/** An error whose code its endpoint does not declare is a fault of this server, and clients that read the documentation cannot know it. */
function declared(error: GatewayError, response: Response, logger: Logger): GatewayError {
  const endpoint = endpointOf(response);
  // A client that is gone reads no answer.
  if (!endpoint || response.destroyed || errorsOf(endpoint).includes(error.code)) return error;
  const row = `${endpoint.method.toUpperCase()} ${endpoint.path}`;
  logger.error(`${row} does not declare the error ${error.code}`, { code: error.code, endpoint: row });
  return fail('INTERNAL', { what: error.said }, { cause: error });
}

/** An error that a library throws at a request is not the server's fault where the client is the cause. */
function errorOf(thrown: unknown, request: Request, response: Response): GatewayError {
  const { code, status, headers } = (thrown ?? {}) as SendError;
  if (thrown instanceof URIError)
    return fail(
      'BAD_PARAMS',
      { what: say`the path ${request.path} has a % that is not part of %XX` },
      { cause: thrown },
    );
  // The answer was on its way when the client went.
  if (response.destroyed && code === 'ERR_STREAM_PREMATURE_CLOSE') return fail('CANCELLED', {}, { cause: thrown });
  // Express sends files with the package `send`, whose errors have a status.
  if (status === 416) {
    response.set(headers ?? {});
    const range = request.get('range')?.slice(0, SHOWN);
    return fail('RANGE_NOT_SATISFIABLE', { range }, { cause: thrown });
  }
  if (status === 412) return fail('PRECONDITION_FAILED', {}, { cause: thrown });
  return asGatewayError(thrown);
}

/** `headers` has a `Content-Range` with the size of the file, for a range that lies beyond its end. */
type SendError = NodeJS.ErrnoException & { status?: number; headers?: Record<string, string> };

/** How long a client may go on sending before it reads the answer. */
const DRAIN_WITHIN_MS = 2000;

const refused = new WeakSet<Duplex>();

/** Answers what never became a request, since its head or its chunks cannot be read: with the error body that all other errors have. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  // The rest of a body that is not read: closing now would take the answer away from the client.
  if (refused.has(socket)) return;
  const answered = (socket as Duplex & { _httpMessage?: { headersSent: boolean } })._httpMessage?.headersSent;
  if (!socket.writable || answered || error.code === 'ECONNRESET') return void socket.destroy(error);
  const failure = clientErrorOf(error);
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

function clientErrorOf(error: NodeJS.ErrnoException & { reason?: string }): GatewayError {
  if (error.code === 'HPE_HEADER_OVERFLOW') return fail('HEADERS_TOO_LARGE', { limit: maxHeaderSize });
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    const what = say`its head or its body took too long. The operator can raise --header_timeout and --request_timeout`;
    return fail('REQUEST_TIMEOUT', { what });
  }
  return fail('BAD_HTTP', { what: error.reason ?? messageOf(error) }, { cause: error });
}
