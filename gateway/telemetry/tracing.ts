import { messageOf } from '../errors';
import type { Logger } from './logger';
import type { Stage } from './stages';
import { newSpanId, type TraceContext } from './trace-context';

/** An answered request as a span, with one span for each of its stages. */
export interface TracedRequest {
  trace: TraceContext;
  /** `POST /v1/segmentation`. */
  name: string;
  /** Milliseconds since 1970. */
  begin: number;
  end: number;
  failed: boolean;
  attributes: Record<string, string | number>;
  stages: readonly Stage[];
}

export interface TracingOptions {
  /** Where an OTLP collector takes traces by HTTP: `http://host:4318/v1/traces`. */
  url: string;
  version: string;
  logger: Logger;
}

const EXPORT_EVERY_MS = 1000;
const EXPORT_WITHIN_MS = 5000;

/** Sends spans to a collector. Its libraries are loaded when the first is made: without `--otlp_url` nothing of this is. */
export class Tracing {
  private readonly exporter: Promise<SpanMaker | undefined>;

  constructor(options: TracingOptions) {
    this.exporter = makeSpanMaker(options).catch((error: unknown) => {
      options.logger.error('traces are not sent', { reason: messageOf(error) });
      return undefined;
    });
  }

  record(request: TracedRequest): void {
    if (request.trace.sampled) void this.exporter.then((maker) => maker?.make(request));
  }

  /** Sends what is left. */
  async close(): Promise<void> {
    await (await this.exporter)?.close().catch(() => undefined);
  }
}

interface SpanMaker {
  make(request: TracedRequest): void;
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
  const make = ({ trace: context, name, begin, end, failed, attributes, stages }: TracedRequest) => {
    const { traceId, spanId, parentId } = context;
    ids = { traceId, spanId };
    const caller = { traceId, spanId: parentId ?? '', traceFlags: TraceFlags.SAMPLED, isRemote: true };
    const parent = parentId ? trace.setSpanContext(ROOT_CONTEXT, caller) : ROOT_CONTEXT;
    const span = tracer.startSpan(name, { kind: SpanKind.SERVER, startTime: begin, attributes }, parent);
    if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
    const inside = trace.setSpan(ROOT_CONTEXT, span);
    for (const { name: stage, ms, at = begin } of stages) {
      ids = { traceId, spanId: newSpanId() };
      // A stage that was entered again has one span: from its first beginning, as long as all its parts together.
      tracer.startSpan(stage, { startTime: at }, inside).end(at + ms);
    }
    span.end(end);
  };
  return { make, close: () => provider.shutdown() };
}
