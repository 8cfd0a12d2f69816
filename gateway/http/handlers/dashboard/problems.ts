import type { Problem } from '../../../contract/dashboard';
import type { TritonState } from '../../../deployment/catalog';

/** What is looked at to find problems. */
export interface Observed {
  triton: TritonState;
  models: readonly { name: string; state: string; reason: string }[];
  queue: { queued: number; limit: number };
  error_rate: number;
  calls_per_min: number;
  /** Bytes of the disk with the workspace; absent when unknown. */
  disk?: { free: number; total: number };
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
  const { triton, models, queue, error_rate: rate, calls_per_min: calls, disk, history, metrics } = observed;
  const found: Finding[] = [];
  const add = (key: string, sentence: string, next_step: string) => found.push({ key, sentence, next_step });
  if (!triton.live)
    add('triton', `Triton does not answer at ${triton.url}`, 'Start it with --model-control-mode=explicit; the gateway loads all models again by itself'); // prettier-ignore
  const { expected, used, reason: why, remedy } = triton.shared_memory;
  if (expected && used === false)
    add('shared memory', `Large tensors go through gRPC, which is slower: shared memory is not used, since ${why}`, remedy ?? 'See the log of Triton'); // prettier-ignore
  for (const { name, state, reason } of models)
    if (state === 'failed')
      add(`model ${name}`, `The model "${name}" is not ready: ${reason}`, 'Upload it again, go back to another version, or delete it'); // prettier-ignore
  if (queue.limit > 0 && queue.queued >= queue.limit)
    add('queue', `The queue is full: ${queue.queued} jobs wait; more are refused`, 'Raise --workers, add a gateway, or find what is slow in the stages'); // prettier-ignore
  if (rate > MANY_ERRORS && calls >= FEW_CALLS)
    add('errors', `${Math.round(rate * 100)} % of the calls of the last five minutes failed`, 'See the errors below'); // prettier-ignore
  if (disk && (disk.free < GIGABYTE || disk.free < disk.total * SCARCE))
    add('disk', `The disk of the workspace has ${(disk.free / GIGABYTE).toFixed(1)} GB left`, 'Delete old files, or lower --session_quota_mb and --keep_versions'); // prettier-ignore
  if (history)
    add('history', `The history of requests cannot be written: ${history}`, 'Make room on the disk of the workspace, or give the gateway the right to write there'); // prettier-ignore
  if (metrics && triton.live)
    add('metrics', `Triton's metrics cannot be read: ${metrics}`, 'Check --triton_metrics_url, and that Triton runs with --allow-metrics=true'); // prettier-ignore
  return found;
}
