import { statfs } from 'node:fs/promises';
import type { Live, LiveModel, Problem } from '../../contract/dashboard';
import type { Users } from '../../access/users';
import type { Catalog } from '../../deployment/catalog';
import { statusOf } from '../../deployment/model';
import type { ServerName, TritonFigures, TritonServer, TritonState } from '../../deployment/servers';
import type { JobQueue } from '../../jobs/job-queue';
import type { LeaseStore } from '../../sessions/leases/lease-store';
import type { SessionStore } from '../../sessions/store';
import type { Settings } from '../../settings';
import type { History } from '../../telemetry/history/history';
import type { RecentCalls } from '../../telemetry/metrics';
import {
  gpusOf,
  parsePrometheusText,
  pendingOf,
  whyNoMetrics,
  type TritonMetrics,
} from '../../telemetry/triton-metrics';

export interface LiveParts {
  models: Catalog;
  queue: JobQueue;
  sessions: SessionStore;
  leases: LeaseStore;
  users: Users;
  history: History;
  recent: RecentCalls;
  tritonMetrics: Record<ServerName, TritonMetrics>;
  settings: Pick<Settings, 'workspace' | 'triton_restarts'>;
  /** Of the gateway. */
  version: string;
}

const START_IT = 'Start it with --model-control-mode=explicit; the gateway loads all models again by itself';
const IT_COMES_BACK =
  'Wait a minute: it is started again by itself, and all models are loaded again. If it stays away, its log says why (logs/triton.log in the workspace, docker compose logs triton, or kubectl logs)';

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
    const { models, queue, sessions, leases, users, recent, history, settings, version } = this.parts;
    const { main, tensorflow } = models.servers;
    const [triton, second, metrics, disk, damagedUsers] = await Promise.all([
      observe(main),
      tensorflow && observe(tensorflow),
      this.tritonSamples(),
      statfs(settings.workspace).catch(() => undefined),
      users.damage(),
    ]);
    const figures = recent.figures();
    const { active, queued } = queue.load;
    const load = { running: active, queued, limit: queue.queueSize };
    const problems = this.problems.update({
      triton: triton.state,
      tensorflow: second?.state,
      tritonRestarts: settings.triton_restarts,
      models: models.list().map((model) => ({ name: model.name, ...statusOf(model) })),
      queue: load,
      ...figures,
      disk: disk && { free: disk.bavail * disk.bsize, total: disk.blocks * disk.bsize },
      damaged: { sessions: sessions.damagedCount, leases: leases.damagedCount, users: damagedUsers },
      history: history.trouble?.what,
      metrics: metrics.failure,
    });
    return {
      ...figures,
      queue: load,
      classes: queue.classes,
      sessions: sessions.totals,
      cache: queue.cache,
      models: this.liveModels([triton, ...(second ? [second] : [])], pendingOf(metrics.samples)),
      gpu: gpusOf(metrics.samples),
      versions: { gateway: version, node: process.versions.node, triton: triton.version },
      advisories: triton.advisories,
      ...(second && {
        tensorflow_triton: {
          url: second.state.url,
          live: second.state.live,
          version: second.version,
          advisories: second.advisories,
        },
      }),
      uptime_s: Math.round(process.uptime()),
      problems,
    };
  }

  private liveModels(tritons: readonly Seen[], pending: ReadonlyMap<string, number>): LiveModel[] {
    return this.parts.models.list().map((model) => {
      const { name, stored } = model;
      const version = String(stored.version);
      const count = tritons
        .flatMap(({ counts }) => counts)
        .find((one) => one.model === name && one.version === version);
      const triton = count && {
        inferences: count.inferences,
        failures: count.failures,
        queue_ms: count.queueMs,
        compute_ms: count.computeMs,
        pending: pending.get(name) ?? null,
      };
      return { name, version, ...statusOf(model), triton: triton ?? null };
    });
  }

  private async tritonSamples() {
    const told = Object.values(this.parts.tritonMetrics).filter(({ url }) => url);
    const pages = await Promise.all(told.map((one) => one.text().then(parsePrometheusText, whyNoMetrics)));
    const failure = pages.find((page) => typeof page === 'string');
    return { samples: pages.flatMap((page) => (typeof page === 'string' ? [] : page)), failure };
  }
}

/** A Triton with its figures; without them while it does not answer. */
type Seen = Pick<TritonFigures, 'counts'> & {
  state: TritonState;
  version: string | null;
  advisories: Live['advisories'];
};

async function observe(server: TritonServer): Promise<Seen> {
  const none = { version: null, advisories: undefined, counts: [] };
  const [state, { version, advisories = null, counts }] = await Promise.all([
    server.state(),
    server.figures().catch(() => none),
  ]);
  return { state, version, advisories, counts };
}

/** The measurements in which problems are looked for. */
export interface Observed {
  triton: TritonState;
  /** That of TensorFlow models, where they have one of their own. */
  /** Whoever started it starts it again. */
  tritonRestarts: boolean;
  tensorflow?: TritonState;
  models: readonly { name: string; state: string; reason: string }[];
  queue: { queued: number; limit: number };
  error_rate: number;
  calls_per_min: number;
  /** Bytes of the disk with the workspace; absent when unknown. */
  disk?: { free: number; total: number };
  /** How many sessions and leases of the disk cannot be read, and why the list of users cannot be. */
  damaged?: { sessions: number; leases: number; users?: string };
  /** Why rows of the history are lost. */
  history?: string;
  /** Why Triton's metrics cannot be read, though their address is known. */
  metrics?: string;
}

const GIGABYTE = 2 ** 30;
const SCARCE = 0.05;
const MANY_ERRORS = 0.2;
/** A part of very few calls says little. */
const FEW_CALLS = 5;

/** Remembers since when each problem is there. */
export class Problems {
  private readonly since = new Map<string, string>();

  /** The problems there are, the oldest first. */
  update(observed: Observed, now = new Date()): Problem[] {
    const found = new Map(findings(observed).map((one) => [one.key, one]));
    for (const key of this.since.keys()) if (!found.has(key)) this.since.delete(key);
    for (const key of found.keys()) if (!this.since.has(key)) this.since.set(key, now.toISOString());
    return [...this.since].map(([key, since]) => {
      const { sentence, next_step } = found.get(key)!;
      return { since, sentence, next_step };
    });
  }
}

interface Finding extends Omit<Problem, 'since'> {
  key: string;
}

function findings(observed: Observed): Finding[] {
  const {
    triton,
    tensorflow,
    tritonRestarts,
    models,
    queue,
    error_rate: rate,
    calls_per_min: calls,
    disk,
    damaged,
    history,
    metrics,
  } = observed;
  const found: Finding[] = [];
  const add = (key: string, sentence: string, next_step: string) => found.push({ key, sentence, next_step });
  for (const [key, whose, one] of [
    ['', '', triton],
    [' of TensorFlow', ' of TensorFlow models', tensorflow],
  ] as const) {
    // prettier-ignore
    if (!one) continue;
    if (!one.live)
      add(`triton${key}`, `Triton${whose} does not answer at ${one.url}`, tritonRestarts ? IT_COMES_BACK : START_IT); // prettier-ignore
    const { expected, used, reason: why, remedy } = one.shared_memory;
    if (expected && used === false)
      add(`shared memory${key}`, `Large tensors${whose} go through gRPC, which is slower: shared memory is not used, since ${why}`, remedy ?? 'See the log of Triton'); // prettier-ignore
  }
  for (const { name, state, reason } of models)
    if (state === 'failed' || state === 'damaged')
      add(`model ${name}`, `The model "${name}" is ${state === 'failed' ? 'not ready' : state}: ${reason}`, 'Upload it again, go back to another version, or delete it'); // prettier-ignore
  if (queue.limit > 0 && queue.queued >= queue.limit)
    add('queue', `The queue is full: ${queue.queued} jobs wait; more are refused`, 'Raise --workers, add a gateway, or find what is slow in the stages'); // prettier-ignore
  if (rate > MANY_ERRORS && calls >= FEW_CALLS)
    add('errors', `${Math.round(rate * 100)} % of the calls of the last five minutes failed`, 'See the errors below'); // prettier-ignore
  if (disk && (disk.free < GIGABYTE || disk.free < disk.total * SCARCE))
    add('disk', `The disk of the workspace has ${(disk.free / GIGABYTE).toFixed(1)} GB left`, 'Delete old files, or lower --session_quota_mb and --keep_versions'); // prettier-ignore
  if (damaged?.users)
    add('users', `Nobody of the list of users gets in: ${damaged.users}`, 'Set the passwords again with aiaa-gateway password, and restore or remove the file'); // prettier-ignore
  if (damaged?.sessions)
    add('sessions', `Sessions on the disk that cannot be read: ${damaged.sessions}`, 'The log says which and why; they answer 440, and are removed when their time is over'); // prettier-ignore
  if (damaged?.leases)
    add('leases', `Interactive sessions on the disk that cannot be read: ${damaged.leases}`, 'The log says which and why; their clients are answered with 410 and initialize again, and they are removed when their time is over'); // prettier-ignore
  if (history)
    add('history', `The history of requests cannot be written: ${history}`, 'Make room on the disk of the workspace, or give the gateway the right to write there'); // prettier-ignore
  if (metrics && triton.live && tensorflow?.live !== false)
    add('metrics', `Triton's metrics cannot be read: ${metrics}`, 'Check --triton_metrics_url, and that Triton runs with --allow-metrics=true'); // prettier-ignore
  return found;
}
