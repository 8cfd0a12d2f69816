import { statfs } from 'node:fs/promises';
import type { Live, LiveModel } from '../../../contract/dashboard';
import type { Catalog } from '../../../deployment/catalog';
import type { InferenceService } from '../../../jobs/service';
import type { SessionStore } from '../../../sessions/store';
import type { Settings } from '../../../settings';
import type { History } from '../../../telemetry/history/history';
import type { RecentCalls } from '../../../telemetry/recent-calls';
import { gpusOf, parsePrometheusText, pendingOf, whyNoMetrics, type TritonMetrics } from '../../../telemetry/triton-metrics'; // prettier-ignore
import { Problems } from './problems';

export interface LiveParts {
  models: Catalog;
  service: InferenceService;
  sessions: SessionStore;
  history: History;
  recent: RecentCalls;
  tritonMetrics: TritonMetrics;
  settings: Pick<Settings, 'workspace'>;
  /** Of the gateway. */
  version: string;
}

/** Many pages may look; Triton is asked once. */
const KEPT_MS = 1500;

/** Gathers the state of the server. Never throws: what cannot be had is null, empty, or a problem. */
export class LiveState {
  private readonly problems = new Problems();
  private last: { at: number; state: Promise<Live> } | undefined;

  constructor(private readonly parts: LiveParts) {}

  now(): Promise<Live> {
    if (!this.last || performance.now() - this.last.at > KEPT_MS)
      this.last = { at: performance.now(), state: this.gather() };
    return this.last.state;
  }

  private async gather(): Promise<Live> {
    const { models, service, sessions, recent, history, settings, version } = this.parts;
    const [state, triton, metrics, disk] = await Promise.all([
      models.tritonState(),
      models.tritonFigures().catch(() => ({ version: null, counts: [] })),
      this.tritonSamples(),
      statfs(settings.workspace).catch(() => undefined),
    ]);
    const figures = recent.figures();
    const { active, queued } = service.load;
    const queue = { running: active, queued, limit: service.queueSize };
    const problems = this.problems.update({
      triton: state,
      models: models.list(),
      queue,
      ...figures,
      disk: disk && { free: disk.bavail * disk.bsize, total: disk.blocks * disk.bsize },
      history: history.trouble?.what,
      metrics: metrics.failure,
    });
    return {
      ...figures,
      queue,
      sessions: sessions.totals,
      cache: service.cache,
      models: this.liveModels(triton.counts, pendingOf(metrics.samples)),
      gpu: gpusOf(metrics.samples),
      versions: { gateway: version, node: process.versions.node, triton: triton.version },
      uptime_s: Math.round(process.uptime()),
      problems,
    };
  }

  private liveModels(counts: TritonCounts, pending: ReadonlyMap<string, number>): LiveModel[] {
    return this.parts.models.list().map(({ name, stored, state, reason }) => {
      const version = String(stored.version);
      const count = counts.find((one) => one.model === name && one.version === version);
      const triton = count && {
        inferences: count.inferences,
        failures: count.failures,
        queue_ms: count.queueMs,
        compute_ms: count.computeMs,
        pending: pending.get(name) ?? null,
      };
      return { name, version, state, reason, triton: triton ?? null };
    });
  }

  private async tritonSamples() {
    const { tritonMetrics } = this.parts;
    try {
      return { samples: tritonMetrics.url ? parsePrometheusText(await tritonMetrics.text()) : [] };
    } catch (error) {
      return { samples: [], failure: whyNoMetrics(error) };
    }
  }
}

type TritonCounts = Awaited<ReturnType<Catalog['tritonFigures']>>['counts'];
