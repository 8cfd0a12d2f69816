import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { NextFunction, Request, Response } from 'express';
import type { GatewayError } from '../../errors';
import type { TrackedJob } from '../../jobs/tracked-job';
import { withoutNames, withRequestId, type Logger } from '../../telemetry/logger';
import { continuedTrace, newTrace, traceparentOf, type TraceContext } from '../../telemetry/trace-context';
import { serverTiming } from '../../telemetry/stages';

/** What the middlewares of one request know of it. */
export interface RequestContext {
  id: string;
  started: number;
  /** What the request was answered with, when that is an error. */
  error?: Pick<GatewayError, 'code' | 'message'>;
  /** What the client is told beside the answer, see `warnings.ts`. */
  warnings: string[];
  /** Set for an inference. */
  job?: TrackedJob;
  /** The trace it belongs to; undefined where its caller names none and the gateway begins none. */
  trace?: TraceContext;
  /** Whether its image is that of a session. */
  session: boolean;
  /** A program asks for it every few seconds. */
  polled: boolean;
  socket: Socket;
  /** What the connection had carried before. */
  bytesBefore: { read: number; written: number };
}

const contexts = new WeakMap<Request, RequestContext>();

/** The context of a request that passed {@link requestContext}. */
export function contextOf(request: Request): RequestContext {
  const context = contexts.get(request);
  if (!context) throw new Error('requestContext() is not installed');
  return context;
}

/** The job of a request that is an inference. */
export function jobOf(request: Request): TrackedJob | undefined {
  return contexts.get(request)?.job;
}

/** What is to happen with a request when its answer is out, or its client gone. */
export type OnAnswered = (request: Request, response: Response, ms: number) => void;

/**
 * Gives every request an id (its own `X-Request-Id` when that is sane), answers it in `X-Request-Id`, and logs one line when the answer is out.
 * A trace that the caller names in `traceparent` goes on, and is answered in `traceparent` with the gateway's own span.
 * @param onAnswered is told then, too
 * @param beginTraces whether a request that names no trace begins one
 */
export function requestContext(
  logger: Logger,
  moreFacts: () => Record<string, unknown> = () => ({}),
  onAnswered: OnAnswered = () => undefined,
  beginTraces = false,
) {
  return function giveRequestContext(request: Request, response: Response, next: NextFunction): void {
    const asked = request.get('x-request-id');
    const id = asked && /^[\w.:-]{1,64}$/.test(asked) ? asked : randomUUID();
    const { socket } = request;
    const context: RequestContext = {
      id,
      started: performance.now(),
      warnings: [],
      session: false,
      polled: false,
      socket,
      bytesBefore: { read: socket.bytesRead, written: socket.bytesWritten },
    };
    context.trace = continuedTrace(request.get('traceparent')) ?? (beginTraces ? newTrace() : undefined);
    if (context.trace) response.setHeader('traceparent', traceparentOf(context.trace));
    contexts.set(request, context);
    response.setHeader('X-Request-Id', id);
    response.once('close', () => {
      const exactMs = performance.now() - context.started;
      const ms = Math.round(exactMs);
      const stages = context.job?.stages ?? [];
      const aborted = response.writableFinished ? {} : { aborted: true };
      const level = levelOf(request, response);
      logger.log(level, `${request.method} ${request.originalUrl} ${response.statusCode}`, {
        request: context.id,
        ms,
        client: request.ip,
        ...(context.trace && { trace: context.trace.traceId }),
        ...aborted,
        ...(stages.length && { stages: Object.fromEntries(stages.map(({ name, ms: took }) => [name, took])) }),
        ...moreFacts(),
      });
      if (context.warnings.length > 0)
        logger.warn('its client was warned', { request: context.id, warnings: context.warnings.map(withoutNames) });
      onAnswered(request, response, exactMs);
    });
    withRequestId(id, next);
  };
}

/** A busy or stopping server (503) is a warning, probes are not worth a line. */
function levelOf(request: Request, { statusCode }: Response): 'error' | 'warn' | 'info' | 'debug' {
  if (request.path.startsWith('/health/')) return 'debug';
  if (statusCode === 503) return 'warn';
  if (statusCode >= 500) return 'error';
  return contextOf(request).polled ? 'debug' : 'info';
}

/** Gives the request another id than the one it came with, before anything of its answer is out; goes on under that. */
export function renameRequest(request: Request, response: Response, id: string, next: NextFunction): void {
  contextOf(request).id = id;
  response.setHeader('X-Request-Id', id);
  withRequestId(id, next);
}

/** Puts the stages of an inference into the answer's `Server-Timing` header. Call it before the headers go out. */
export function reportStages(request: Request, response: Response): void {
  const { job, started } = contextOf(request);
  const total = { name: 'total', ms: Math.round((performance.now() - started) * 10) / 10 };
  response.setHeader('Server-Timing', serverTiming([...(job?.stages ?? []), total]));
}
