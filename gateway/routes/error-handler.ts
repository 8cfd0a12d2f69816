import type { NextFunction, Request, Response } from 'express';
import { asGatewayError, fail, type GatewayError } from '../errors';
import type { Logger } from '../telemetry/logger';
import { contextOf } from './request-context';

/** Everything that no route took. */
export function notFound(request: Request): never {
  const server = `${request.protocol}://${request.get('host') ?? 'this-server'}`;
  throw fail('NOT_FOUND', { method: request.method, path: request.originalUrl, server });
}

/**
 * The one place where an error becomes an answer: AIAA's error body (`aiaa-api.md` §6.2) with the catalogue's code and details beside it,
 * and a short ASCII reason phrase, since native clients show that and not the body.
 */
export function errorHandler(logger: Logger, debug: boolean) {
  return function answerError(thrown: unknown, request: Request, response: Response, _next: NextFunction): void {
    const error = asGatewayError(thrown);
    if (error.code === 'INTERNAL' || debug) logger.error(error.message, { code: error.code, stack: stackOf(error) });
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    response.status(error.status);
    response.statusMessage = error.reason;
    const { id } = contextOf(request);
    const body = {
      success: false,
      error: { type: error.type, message: [error.message], code: error.code, request_id: id, ...error.details },
    };
    response.type('application/json').send(`${JSON.stringify(body)}\n`);
  };
}

function stackOf(error: GatewayError): string | undefined {
  return error.cause instanceof Error ? error.cause.stack : error.stack;
}
