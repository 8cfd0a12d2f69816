import { randomUUID } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';
import { isUnhurried } from '../../jobs/job-class';
import type { JobRegistry } from '../../jobs/job-registry';
import { RequestRun } from '../../jobs/request-run';
import { withRequest, type Logger } from '../../telemetry/logger';
import { agentClass, type RequestRecord } from '../../telemetry/request-record';
import { continuedTrace, newTrace, traceparentOf } from '../../telemetry/trace-context';
import { known, shortId } from '../../sentence';

declare module 'express-serve-static-core' {
  interface Request {
    /** Of a request that passed {@link beginRun}. */
    run: RequestRun;
  }
}

/**
 * Gives every request its run: with an id (its own `X-Request-Id` when that is sane), which is answered in `X-Request-Id`, and the trace that the caller
 * names in `traceparent`, which is answered there with the gateway's own span. Logs one line when the answer is out.
 * @param onAnswered is told then, too
 * @param beginTraces whether a request that names no trace begins one
 * @param isKnown tells words and names of this server among the segments of a path: the log has a short id in place of others
 */
export function beginRun(
  logger: Logger,
  moreFacts: () => Record<string, unknown> = () => ({}),
  onAnswered: (record: RequestRecord) => void = () => undefined,
  beginTraces = false,
  isKnown: (segment: string) => boolean = () => false,
) {
  return function giveRun(request: Request, response: Response, next: NextFunction): void {
    const asked = request.get('x-request-id');
    const id = asked && /^[\w.:-]{1,64}$/.test(asked) ? asked : randomUUID();
    const trace = continuedTrace(request.get('traceparent')) ?? (beginTraces ? newTrace() : undefined);
    const run = new RequestRun(id, request.ip ?? '', trace);
    run.isBatch = isUnhurried(request.get('priority'));
    run.lose = (error) => void (response.writableEnded || next(error));
    request.run = run;
    response.setHeader('X-Request-Id', id);
    if (trace) response.setHeader('traceparent', traceparentOf(trace));
    const { socket } = request;
    const before = { read: socket.bytesRead, written: socket.bytesWritten };
    response.once('close', () => {
      const ms = performance.now() - run.started;
      run.end(response.writableFinished);
      const { stages, warnings } = run;
      const path = shownPath(request.originalUrl, isKnown);
      logger.log(levelOf(request, response), `${request.method} ${path} ${response.statusCode}`, {
        request: run.id,
        ...(run.job?.model && { model: run.model('record') }),
        ...run.about,
        ms: Math.round(ms),
        client: request.ip,
        ...(trace && { trace: trace.traceId }),
        ...(response.writableFinished ? {} : { aborted: true }),
        ...(stages.length && { stages: Object.fromEntries(stages.map(({ name, ms: took }) => [name, took])) }),
        ...moreFacts(),
      });
      if (warnings.length > 0)
        logger.warn('its client was warned', { request: run.id, warnings: warnings.map(({ record }) => record) });
      // The head counts where the length of the body is not said.
      const given = Number(request.get('content-length') ?? NaN);
      onAnswered({
        ...recordOf(request, response),
        ms: Math.round(ms * 10) / 10,
        time: Date.now() - Math.round(ms),
        bytes_in: Number.isFinite(given) ? given : Math.max(0, socket.bytesRead - before.read),
        bytes_out: Math.max(0, socket.bytesWritten - before.written),
      });
    });
    withRequest(run, next);
  };
}

/** A path without its query, which may name a patient; of its segments only those that are known. */
function shownPath(url: string, isKnown: (segment: string) => boolean): string {
  const segments = url.split('?', 1)[0].split('/');
  return segments.map((segment) => (segment === '' || isKnown(segment) ? segment : shortId(segment))).join('/');
}

/** A request that was answered, or given up by a client that hung up, which counts as CANCELLED. */
function recordOf(request: Request, response: Response) {
  const { run } = request;
  const { id, client, trace, session, job, polled, error, stages } = run;
  return {
    // Requests that no endpoint took are one line, whatever their path.
    endpoint: (request.route as { path: string } | undefined)?.path ?? 'other',
    method: request.method,
    model: run.model('record'),
    status: response.writableFinished ? response.statusCode : 499,
    code: error?.code ?? null,
    message: error?.said.record ?? null,
    client,
    agent: agentClass(request.get('user-agent')),
    stages,
    request: id,
    session,
    cache_hit: session ? stages.some(({ name }) => name === 'cache') : null,
    trace,
    isJob: job !== undefined,
    isPolled: polled,
  };
}

/** Makes a request a job, from before its body is read until its answer is out. The job's id is the request's, or made of it: see {@link JobRegistry.begin}. */
export function trackJob(registry: JobRegistry, isModel: (name: string) => boolean) {
  return function track(request: Request, response: Response, next: NextFunction): void {
    const { run } = request;
    const model = request.params.model ?? request.query.model;
    registry.begin(run, {
      endpoint: String((request.route as { path: string }).path),
      model: typeof model !== 'string' ? null : isModel(model) ? known(model) : model,
    });
    response.setHeader('X-Request-Id', run.id);
    next();
  };
}

/** A busy or stopping server (503) is a warning, probes are not worth a line. */
function levelOf(request: Request, { statusCode }: Response): 'error' | 'warn' | 'info' | 'debug' {
  if (request.path.startsWith('/health/')) return 'debug';
  if (statusCode === 503) return 'warn';
  if (statusCode >= 500) return 'error';
  return request.run.polled ? 'debug' : 'info';
}

/** Puts the stages of an inference into the answer's `Server-Timing` header (W3C): `decode;dur=41.2, pre;dur=120`. Call it before the headers go out. */
export function reportStages({ run }: Request, response: Response): void {
  const total = { name: 'total', ms: Math.round((performance.now() - run.started) * 10) / 10 };
  const parts = [...run.stages, total].map(({ name, ms }) => `${name};dur=${ms}`);
  response.setHeader('Server-Timing', parts.join(', '));
}

/**
 * MITK's client gives up after 60 s without a byte; a `100 Continue` resets that timer. It is sent to HTTP/1.0 callers only, which
 * is what that client is: others wait by themselves, and Node's own `fetch` breaks off at a 100 it did not ask for.
 */
const KEEP_WAITING_EVERY_MS = 20_000;

/** Aborts when the client hangs up before the answer is out, or somebody cancels its job; keeps a patient client waiting meanwhile. */
export function clientGone(request: Request, response: Response): AbortSignal {
  const gone = new AbortController();
  const keepWaiting = () => request.httpVersion === '1.0' && !response.headersSent && response.writeContinue();
  const timer = setInterval(keepWaiting, KEEP_WAITING_EVERY_MS);
  const cancelled = request.run.signal;
  if (cancelled.aborted) gone.abort();
  cancelled.addEventListener('abort', () => gone.abort(), { once: true });
  response.once('close', () => {
    clearInterval(timer);
    if (!response.writableFinished) gone.abort();
  });
  return gone.signal;
}
