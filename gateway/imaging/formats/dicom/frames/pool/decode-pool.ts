import { availableParallelism } from 'node:os';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { Batch, FromPool, ToPool } from './messages';
import { PoolThread } from './pool-thread';

/** A thread without work ends after this: its memory goes back to the system. */
const IDLE_MS = 10_000;

interface Job {
  client: MessagePort;
  id: number;
  batch: Batch;
}

/**
 * The decode threads of the whole process: as many as there are cores, however many threads have frames to decode. It lives in the main thread,
 * which outlives every client and only passes messages on; pixels go from the file into the client's shared memory inside a decode thread.
 *
 * A client has a few batches under way at a time, so the first come is the first served. What a client leaves when its thread ends is dropped.
 */
class DecodePool {
  private readonly threads = new Map<PoolThread, NodeJS.Timeout | undefined>();
  private waiting: Job[] = [];

  connect(): MessagePort {
    const { port1: client, port2 } = new MessageChannel();
    client.on('message', ({ id, batch }: ToPool) => {
      this.waiting.push({ client, id, batch });
      this.startNext();
    });
    client.on('close', () => (this.waiting = this.waiting.filter((job) => job.client !== client)));
    client.unref();
    return port2;
  }

  private startNext(): void {
    while (this.waiting.length > 0) {
      const thread = [...this.threads.keys()].find(({ idle }) => idle) ?? this.another();
      if (!thread) return;
      void this.run(thread, this.waiting.shift()!);
    }
  }

  private another(): PoolThread | undefined {
    if (this.threads.size >= availableParallelism()) return undefined;
    const thread = new PoolThread(() => this.threads.delete(thread));
    this.threads.set(thread, undefined);
    return thread;
  }

  /** Once it is out of the list, nobody gives it work while it ends. */
  private drop(thread: PoolThread): void {
    this.threads.delete(thread);
    thread.end();
  }

  private async run(thread: PoolThread, { client, id, batch }: Job): Promise<void> {
    clearTimeout(this.threads.get(thread));
    const outcome = await thread.run(batch);
    const answer: FromPool = { id, outcome };
    client.postMessage(answer);
    if (this.threads.has(thread)) this.threads.set(thread, setTimeout(() => this.drop(thread), IDLE_MS).unref());
    this.startNext();
  }
}

let pool: DecodePool | undefined;

/** A connection to the process's decode threads, for one thread; to be called in the main thread. It never keeps the process alive. */
export function connectDecoders(): MessagePort {
  return (pool ??= new DecodePool()).connect();
}
