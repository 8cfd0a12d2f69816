import { messageOf } from '../errors';
import type { Logger } from './logger';
import type { RequestRecord } from './request-record';
import { newSpanId, type TraceContext } from './trace-context';

export interface TracingOptions {
  /** Where an OTLP collector takes traces by HTTP: `http://host:4318/v1/traces`. */
  url: string;
  version: string;
  logger: Logger;
}

const EXPORT_EVERY_MS = 1000;
const EXPORT_WITHIN_MS = 5000;

/** Sends requests as spans to a collector. Its libraries are loaded when the first is made: without `--otlp_url` nothing of this is. */
export class Tracing {
  private readonly exporter: Promise<SpanMaker | undefined>;

  constructor(options: TracingOptions) {
    this.exporter = makeSpanMaker(options).catch((error: unknown) => {
      options.logger.error('traces are not sent', { reason: messageOf(error) });
      return undefined;
    });
  }

  /** One span for the request, with one for each of its stages. A request without a trace, or of one that is not sampled, has none. */
  record(request: RequestRecord): void {
    const { trace, isPolled } = request;
    if (trace?.sampled && !isPolled) void this.exporter.then((maker) => maker?.make(request, trace));
  }

  /** Sends the remaining spans. */
  async close(): Promise<void> {
    await (await this.exporter)?.close().catch(() => undefined);
  }
}

interface SpanMaker {
  make(request: RequestRecord, trace: TraceContext): void;
  close(): Promise<void>;
}

async function makeSpanMaker({ url, version }: TracingOptions): Promise<SpanMaker> {
  const [api, sdk, { OTLPTraceExporter }, { resourceFromAttributes }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace-base'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ]);
  const { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags } = api;
  // The gateway has given out its span's id before the span is made.
  let ids = { traceId: '', spanId: '' };
  const provider = new sdk.BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'aiaa-gateway', 'service.version': version }),
    idGenerator: { generateTraceId: () => ids.traceId, generateSpanId: () => ids.spanId },
    spanProcessors: [
      new sdk.BatchSpanProcessor(new OTLPTraceExporter({ url, timeoutMillis: EXPORT_WITHIN_MS }), {
        scheduledDelayMillis: EXPORT_EVERY_MS,
      }),
    ],
  });
  const tracer = provider.getTracer('aiaa-gateway', version);
  const make = (request: RequestRecord, { traceId, spanId, parentId }: TraceContext) => {
    const { method, endpoint, time, ms, status, stages } = request;
    ids = { traceId, spanId };
    const caller = { traceId, spanId: parentId ?? '', traceFlags: TraceFlags.SAMPLED, isRemote: true };
    const parent = parentId ? trace.setSpanContext(ROOT_CONTEXT, caller) : ROOT_CONTEXT;
    const options = { kind: SpanKind.SERVER, startTime: time, attributes: attributesOf(request) };
    const span = tracer.startSpan(`${method} ${endpoint}`, options, parent);
    if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    const inside = trace.setSpan(ROOT_CONTEXT, span);
    for (const { name, ms: lasted, at = time } of stages) {
      ids = { traceId, spanId: newSpanId() };
      // A stage that was entered again has one span: from its first beginning, as long as all its parts together.
      tracer.startSpan(name, { startTime: at }, inside).end(at + lasted);
    }
    span.end(time + ms);
  };
  return { make, close: () => provider.shutdown() };
}

function attributesOf({ method, endpoint, status, model, code, request }: RequestRecord) {
  return {
    'http.request.method': method,
    'http.route': endpoint,
    'http.response.status_code': status,
    'aiaa.request_id': request,
    ...(model !== null && { 'aiaa.model': model }),
    ...(code !== null && { 'error.type': code }),
  };
}
