import type { Request, Response } from 'express';
import { fail } from '../../errors';
import { agentClass, type RequestRecord } from '../../telemetry/request-record';
import { contextOf } from './request-context';

/** Answered, or given up by a client that hung up, which counts as CANCELLED. */
export function answered(request: Request, response: Response, ms: number): RequestRecord {
  const context = contextOf(request);
  const { session, job, socket, bytesBefore, polled } = context;
  const error = response.writableFinished ? context.error : fail('CANCELLED');
  const stages = job?.stages ?? [];
  const given = Number(request.get('content-length'));
  return {
    time: Date.now() - Math.round(ms),
    endpoint: endpointOf(request),
    method: request.method,
    model: job?.model ?? null,
    status: response.writableFinished ? response.statusCode : 499,
    code: error?.code ?? null,
    message: error?.message ?? null,
    client: request.ip ?? '',
    agent: agentClass(request.get('user-agent')),
    ms: Math.round(ms * 10) / 10,
    stages,
    // The head counts where the length of the body is not said.
    bytes_in: Number.isFinite(given) ? given : Math.max(0, socket.bytesRead - bytesBefore.read),
    bytes_out: Math.max(0, socket.bytesWritten - bytesBefore.written),
    request: context.id,
    session,
    cache_hit: session ? stages.some(({ name }) => name === 'cache') : null,
    trace: context.trace,
    isJob: job !== undefined,
    isPolled: polled,
  };
}

/** The route's template; what no route took is one line, whatever its path. */
function endpointOf(request: Request): string {
  const route = request.route as { path: string } | undefined;
  if (route) return route.path;
  return /^\/admin(\/|$)/.test(request.path) ? '/admin' : 'other';
}
