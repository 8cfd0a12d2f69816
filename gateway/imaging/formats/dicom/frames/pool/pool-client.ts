import type { MessagePort } from 'node:worker_threads';
import type { Batch, FromPool, Outcome, ToPool } from './messages';

/** A thread's end of its connection to the decode pool. It keeps the thread alive while batches are under way. */
export class PoolClient {
  private readonly waiting = new Map<number, (outcome: Outcome) => void>();
  private count = 0;

  constructor(private readonly port: MessagePort) {
    port.on('message', ({ id, outcome }: FromPool) => {
      this.waiting.get(id)?.(outcome);
      this.waiting.delete(id);
      if (this.waiting.size === 0) port.unref();
    });
    port.unref();
  }

  run(batch: Batch): Promise<Outcome> {
    return new Promise((resolve) => {
      const id = ++this.count;
      const message: ToPool = { id, batch };
      this.port.postMessage(message);
      this.waiting.set(id, resolve);
      this.port.ref();
    });
  }
}
