import type { Gpu } from '../contract/dashboard';
import { messageOf } from '../errors';

const WITHIN_MS = 3000;
/** Triton's own page is some 100 kB for many models. */
const MOST_BYTES = 16 << 20;

/** Triton's metrics page. Every call has a deadline. */
export class TritonMetrics {
  constructor(
    /** As in `http://host:8002/metrics`; undefined when nobody said it. */
    readonly url: string | undefined,
    /** That says it. */
    private readonly setting = 'triton_metrics_url',
  ) {}

  /** The page as it is. @throws Error with a reason */
  async text(): Promise<string> {
    if (!this.url) throw new Error(`the gateway was not told its address (--${this.setting})`);
    const response = await fetch(this.url, { signal: AbortSignal.timeout(WITHIN_MS) });
    if (!response.ok) throw new Error(`${this.url} answered ${response.status}`);
    if (Number(response.headers.get('content-length') ?? 0) > MOST_BYTES) throw new Error(`${this.url} is too long`);
    return response.text();
  }
}

/** A sentence of why the page cannot be had. */
export function whyNoMetrics(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  return cause ? `${messageOf(error)} (${messageOf(cause)})` : messageOf(error);
}

/** One line of Prometheus' text format. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** Reads Prometheus' text exposition format 0.0.4; comments and lines that cannot be read are left out. */
export function parsePrometheusText(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    const [, name, , quoted = '', value] = /^([A-Za-z_:][\w:]*)(\{(.*)\})?\s+(\S+)/.exec(line) ?? [];
    if (!name) return [];
    const pairs = [...quoted.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
    const labels = Object.fromEntries(pairs.map(([, key, text]) => [key, text.replace(/\\(.)/g, '$1')]));
    return [{ name, labels, value: Number(value) }];
  });
}

/** The graphics cards that Triton's figures tell of. */
export function gpusOf(samples: readonly Sample[]): Gpu[] {
  const of = (name: string) => samples.filter((sample) => sample.name === name && sample.labels.gpu_uuid);
  const valueOf = (name: string, uuid: string) => of(name).find(({ labels }) => labels.gpu_uuid === uuid)?.value ?? 0;
  return of('nv_gpu_memory_total_bytes').map(({ labels: { gpu_uuid: uuid }, value }) => ({
    uuid,
    utilisation: valueOf('nv_gpu_utilization', uuid),
    memory_used: valueOf('nv_gpu_memory_used_bytes', uuid),
    memory_total: value,
  }));
}

/** Requests that wait at each model in Triton, over its versions. */
export function pendingOf(samples: readonly Sample[]): Map<string, number> {
  const pending = new Map<string, number>();
  for (const { name, labels, value } of samples)
    if (name === 'nv_inference_pending_request_count')
      pending.set(labels.model, (pending.get(labels.model) ?? 0) + value);
  return pending;
}
