import { statfs } from 'node:fs/promises';
import type { Live, LiveModel } from '../../../contract/dashboard';
import type { InferenceService } from '../../../jobs/service';
import type { Catalog } from '../../../deployment/catalog';
import type { SessionStore } from '../../../sessions/store';
import type { History } from '../../../telemetry/history/history';
import type { RecentCalls } from '../../../telemetry/recent-calls';
import { gpusOf, parsePrometheusText, pendingOf, whyNoMetrics, type Sample, type TritonMetrics } from '../../../telemetry/triton-metrics'; // prettier-ignore
import { Problems } from './problems';

export interface LiveParts {
  models: Catalog;
  service: InferenceService;
  sessions: SessionStore;
  history: History;
  recent: RecentCalls;
  tritonMetrics: TritonMetrics;
  workspace: string;
  /** Version of the gateway. */
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
    const { models, service, sessions, recent, history, workspace, version } = this.parts;
    const [triton, metrics, disk] = await Promise.all([
      this.askTriton(),
      this.tritonSamples(),
      statfs(workspace).then(
        ({ bavail, blocks, bsize }) => ({ free: bavail * bsize, total: blocks * bsize }),
        () => undefined,
      ),
    ]);
    const figures = recent.figures();
    const { active, queued } = service.load;
    const queue = { running: active, queued, limit: service.queueSize };
    const problems = this.problems.update({
      triton: triton.state,
      models: models.list(),
      queue,
      ...figures,
      disk,
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

  private async askTriton() {
    const { models } = this.parts;
    const [state, figures] = await Promise.all([
      models.tritonState(),
      models.tritonFigures().catch(() => ({ version: null, counts: [] })),
    ]);
    return { state, ...figures };
  }

  private async tritonSamples(): Promise<{ samples: Sample[]; failure?: string }> {
    const { tritonMetrics } = this.parts;
    if (!tritonMetrics.url) return { samples: [] };
    try {
      return { samples: parsePrometheusText(await tritonMetrics.text()) };
    } catch (error) {
      return { samples: [], failure: whyNoMetrics(error) };
    }
  }
}

type TritonCounts = Awaited<ReturnType<Catalog['tritonFigures']>>['counts'];
