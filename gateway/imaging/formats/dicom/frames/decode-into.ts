import { availableParallelism } from 'node:os';
import type { MessagePort } from 'node:worker_threads';
import pLimit from 'p-limit';
import type { ArrayConstructor } from '../../../../arena';
import type { NumericArray } from '../../../volume';
import { decodeHere, FrameError, type FrameTask } from './decode-frame';
import { layoutOf } from './frame';
import type { Batch, FromPool, Outcome, Reading, ToPool } from './pool/decode-pool';
import { codingOf } from './transfer-syntaxes';
import { Sentence } from '../../../../sentence';

/** Decoded bytes that go to a decode thread in one message, at least one frame. */
const BATCH_BYTES = 2 << 20;
/** Uncompressed frames below this are written faster than a message comes back. */
const SMALL_BYTES = 1 << 20;
/** Messages under way: each thread finds the next one waiting. */
const MOST_BATCHES = 2 * availableParallelism();

/** A thread's end of its connection to the decode pool. It keeps the thread alive while batches are under way. */
class PoolClient {
  private readonly waiting = new Map<number, (outcome: Outcome) => void>();
  private count = 0;

  constructor(private readonly port: MessagePort) {
    port.on('message', ([id, outcome]: FromPool) => {
      this.waiting.get(id)?.(outcome);
      this.waiting.delete(id);
      if (this.waiting.size === 0) port.unref();
    });
    port.unref();
  }

  run(work: Batch | Reading): Promise<Outcome> {
    return new Promise((resolve) => {
      this.port.postMessage([++this.count, work] satisfies ToPool);
      this.waiting.set(this.count, resolve);
      this.port.ref();
    });
  }
}

let pool: PoolClient | undefined;

/** From now on this thread has its frames decoded by the threads of the gateway's pool. @param port of {@link connectDecoders} */
export function useDecoders(port: MessagePort): void {
  pool = new PoolClient(port);
}

/** The gateway's pool, where this thread has been connected. */
export const poolOfThread = (): PoolClient | undefined => pool;

/**
 * Decodes frames into one array, in the pool's threads where there is one ({@link useDecoders}) and frames are not small and uncompressed. The array is not
 * touched any more when this returns or throws. @throws FrameError for the first task whose frame cannot be decoded
 */
export async function decodeInto(tasks: readonly FrameTask[], target: NumericArray): Promise<void> {
  const isNative = tasks.every(({ source }) =>
    /^(native|big-endian)$/.test(codingOf(source.format.transferSyntax) ?? ''),
  );
  if (!pool || (isNative && bytesOf(tasks) < SMALL_BYTES)) return decodeHere(tasks, target);
  if (target.buffer instanceof SharedArrayBuffer) return decodeByPool(pool, tasks, target);
  const { constructor, byteLength } = target;
  const shared = new (constructor as ArrayConstructor<NumericArray>)(new SharedArrayBuffer(byteLength));
  shared.set(target);
  await decodeByPool(pool, tasks, shared);
  for (const { source, at } of tasks) target.set(shared.subarray(at, at + layoutOf(source.format).length), at);
}

async function decodeByPool(client: PoolClient, tasks: readonly FrameTask[], target: NumericArray): Promise<void> {
  const failures: FrameError[] = [];
  const limit = pLimit(MOST_BATCHES);
  const work = async (first: number, batch: readonly FrameTask[]) => {
    if (failures.length > 0) return;
    const outcome = await client.run({ tasks: batch, target });
    if (!outcome.ok) failures.push(new FrameError(outcome.kind, Sentence.of(outcome.said), first + outcome.index));
  };
  const batches: Promise<void>[] = [];
  for (let first = 0; first < tasks.length;) {
    const batch = batchFrom(tasks, first);
    batches.push(limit(work, first, batch));
    first += batch.length;
  }
  // All that is under way ends before this throws: nobody writes into the array after that.
  const results = await Promise.allSettled(batches);
  const broken = results.find((result) => result.status === 'rejected');
  if (broken) throw broken.reason;
  // Frames before the first failure were under way: it is the same one at every run.
  if (failures.length > 0) throw failures.reduce((first, other) => (other.index < first.index ? other : first));
}

function batchFrom(tasks: readonly FrameTask[], first: number): FrameTask[] {
  let end = first + 1;
  for (let bytes = bytesOf([tasks[first]]); end < tasks.length; end++) {
    bytes += bytesOf([tasks[end]]);
    if (bytes > BATCH_BYTES) break;
  }
  return tasks.slice(first, end);
}

function bytesOf(tasks: readonly FrameTask[]): number {
  return tasks.reduce(
    (sum, { source: { format } }) => sum + layoutOf(format).length * Math.ceil(format.bitsAllocated / 8),
    0,
  );
}
