import { randomBytes } from 'node:crypto';

/** Where a request stands in a trace (W3C Trace Context). Ids are lower-case hex. */
export interface TraceContext {
  traceId: string;
  /** Of the gateway's own span. */
  spanId: string;
  /** Of the caller's span. */
  parentId?: string;
  sampled: boolean;
}

const HEADER = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-|$)/;

/** Goes on with the trace that a caller names in `traceparent`; undefined when it names none, or not as the standard says. */
export function continuedTrace(header: string | undefined): TraceContext | undefined {
  const [, version, traceId, parentId, flags, rest] = HEADER.exec(header?.trim() ?? '') ?? [];
  if (!version || version === 'ff' || (version === '00' && rest !== '')) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(parentId)) return undefined;
  return { traceId, parentId, spanId: newSpanId(), sampled: (parseInt(flags, 16) & 1) === 1 };
}

/** A trace of its own. */
export function newTrace(): TraceContext {
  return { traceId: randomBytes(16).toString('hex'), spanId: newSpanId(), sampled: true };
}

/** The header for those who are called next: the gateway's span is their parent. */
export function traceparentOf({ traceId, spanId, sampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}

export function newSpanId(): string {
  return randomBytes(8).toString('hex');
}
