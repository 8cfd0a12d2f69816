import type { NextFunction, Request, Response } from 'express';
import { asGatewayError, fail, type GatewayError } from '../../errors';
import type { Logger } from '../../telemetry/logger';
import { allowedMethods } from './allowed-methods';
import { contextOf } from './request-context';
import { serverUrl } from './server-url';

/** When what is away or busy may be worth another try: Triton is asked every second, and loading takes about as long. */
const RETRY_AFTER_S = 2;

/** Most of a URL that an error repeats. */
const SHOWN = 300;

/** Everything that no route took: a path that there is not, or a method that it does not have. */
export function notFound(rootPath = '') {
  return function answerNotFound(request: Request, response: Response): never {
    const { method, originalUrl } = request;
    const allowed = allowedMethods(request.path).join(', ');
    if (allowed) {
      response.setHeader('Allow', allowed);
      throw fail('METHOD_NOT_ALLOWED', { method, path: originalUrl.slice(0, SHOWN), allowed });
    }
    throw fail('NOT_FOUND', { method, path: originalUrl.slice(0, SHOWN), server: serverUrl(request, rootPath) });
  };
}

/**
 * The one place where an error becomes an answer: AIAA's error body (`aiaa-api.md` §6.2) with the catalogue's code and details beside it,
 * and a short ASCII reason phrase, since native clients show that and not the body.
 */
export function errorHandler(logger: Logger, debug: boolean) {
  return function answerError(thrown: unknown, request: Request, response: Response, _next: NextFunction): void {
    const error = errorOf(thrown, request, response);
    const context = contextOf(request);
    context.error = error;
    if (error.code === 'INTERNAL' || debug) logger.error(error.message, { code: error.code, stack: stackOf(error) });
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    response.status(error.status);
    if (error.status === 503 && !response.hasHeader('Retry-After')) response.setHeader('Retry-After', RETRY_AFTER_S);
    response.statusMessage = error.reason;
    response.type('application/json').send(errorBody(error, context.id));
  };
}

/** JSON text that tells a client of an error. */
export function errorBody({ type, message, code, details }: GatewayError, id: string): string {
  const error = { type, message: [message], code, request_id: id, ...details };
  return `${JSON.stringify({ success: false, error })}\n`;
}

/** What a library throws at a request is not the server's fault where the client is the cause. */
function errorOf(thrown: unknown, request: Request, response: Response): GatewayError {
  if (thrown instanceof URIError)
    return fail('BAD_PARAMS', { what: `the path ${request.path} has a % that is not part of %XX` }, { cause: thrown });
  // The answer was on its way when the client went.
  if (response.destroyed && (thrown as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE')
    return fail('CANCELLED', {}, { cause: thrown });
  return asGatewayError(thrown);
}

function stackOf(error: GatewayError): string | undefined {
  return error.cause instanceof Error ? error.cause.stack : error.stack;
}
