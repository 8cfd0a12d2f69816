import type { Request, Response } from 'express';
import { fail } from '../../errors';
import { agentClass } from '../../telemetry/agent-class';
import type { RequestRow } from '../../telemetry/history/request-row';
import type { TraceContext } from '../../telemetry/trace-context';
import type { TracedRequest } from '../../telemetry/tracing';
import { contextOf } from './request-context';

/** An answered request in numbers and a few words: what history, metrics and the dashboard are made of. */
export interface Answered extends RequestRow {
  trace?: TraceContext;
  /** Whether it was an inference. */
  isJob: boolean;
  /** Whether a program asks for it every few seconds; such requests are no history. */
  isPolled: boolean;
}

/** Answered, or given up by a client that hung up, which counts as CANCELLED. */
export function answered(request: Request, response: Response, ms: number): Answered {
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
    bytesIn: Number.isFinite(given) ? given : Math.max(0, socket.bytesRead - bytesBefore.read),
    bytesOut: Math.max(0, socket.bytesWritten - bytesBefore.written),
    request: context.id,
    session,
    cacheHit: session ? stages.some(({ name }) => name === 'cache') : null,
    trace: context.trace,
    isJob: job !== undefined,
    isPolled: polled,
  };
}

/** The same as a span. */
export function tracedRequest(
  { method, endpoint, time, ms, status, model, code, request, stages }: Answered,
  trace: TraceContext,
): TracedRequest {
  return {
    trace,
    name: `${method} ${endpoint}`,
    begin: time,
    end: time + ms,
    failed: status >= 500,
    attributes: {
      'http.request.method': method,
      'http.route': endpoint,
      'http.response.status_code': status,
      'aiaa.request_id': request,
      ...(model !== null && { 'aiaa.model': model }),
      ...(code !== null && { 'error.type': code }),
    },
    stages,
  };
}

/** The route's template; what no route took is one line, whatever its path. */
function endpointOf(request: Request): string {
  const route = request.route as { path: string } | undefined;
  if (route) return route.path;
  return /^\/admin(\/|$)/.test(request.path) ? '/admin' : 'other';
}
