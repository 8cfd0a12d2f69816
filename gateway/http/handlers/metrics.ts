import type { Request, Response } from 'express';
import { fail } from '../../errors';
import type { Metrics } from '../../telemetry/metrics';
import { whyNoMetrics, type TritonMetrics } from '../../telemetry/triton-metrics';

/** `GET /metrics`: the gateway's own metrics in Prometheus' text format. */
export function showMetrics({ registry }: Metrics) {
  return async function answerMetrics(_request: Request, response: Response): Promise<void> {
    const text = await registry.metrics();
    response.setHeader('Content-Type', registry.contentType);
    response.end(text);
  };
}

/** `GET /metrics/triton`: those of Triton, as they are. @throws TRITON_METRICS_UNAVAILABLE */
export function showTritonMetrics(tritonMetrics: TritonMetrics) {
  return async function answerTritonMetrics(_request: Request, response: Response): Promise<void> {
    const text = await tritonMetrics.text().catch((error: unknown) => {
      throw fail('TRITON_METRICS_UNAVAILABLE', { what: whyNoMetrics(error) }, { cause: error });
    });
    response.setHeader('Content-Type', 'text/plain; version=0.0.4; charset=utf-8');
    response.end(text);
  };
}
