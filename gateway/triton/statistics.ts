import type { Channel } from './channel';
import type { StatisticDuration } from './protocol';

/** What Triton counted for one version of a model since it was loaded. */
export interface ModelCounts {
  model: string;
  version: string;
  inferences: number;
  /** Bad requests count nowhere (`triton.md` §10 row 19). */
  failures: number;
  /** Means over the successful requests, in milliseconds. */
  queueMs: number;
  computeMs: number;
}

/** Counts of all versions that are loaded, or of one model. */
export async function modelCounts(channel: Channel, model = ''): Promise<ModelCounts[]> {
  const { model_stats } = await channel.call('ModelStatistics', { name: model }, { model: model || undefined });
  return model_stats.map(({ name, version, inference_count = 0, inference_stats: stats }) => ({
    model: name,
    version,
    inferences: inference_count,
    failures: stats?.fail?.count ?? 0,
    queueMs: meanMs(stats?.queue),
    computeMs: meanMs(stats?.compute_input) + meanMs(stats?.compute_infer) + meanMs(stats?.compute_output),
  }));
}

/** Bytes that the backend of a model says it takes, all kinds of memory together; undefined where it does not tell, as most do. */
export async function memoryOf(channel: Channel, model: string, version: string): Promise<number | undefined> {
  const { model_stats } = await channel.call('ModelStatistics', { name: model, version }, { model });
  const usage = model_stats.flatMap(({ memory_usage = [] }) => memory_usage);
  return usage.length > 0 ? usage.reduce((sum, { byte_size = 0 }) => sum + Number(byte_size), 0) : undefined;
}

function meanMs({ count = 0, ns = 0 }: StatisticDuration = {}): number {
  return count ? ns / count / 1e6 : 0;
}
