import { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { MemoryBudget } from '../../gateway/jobs/memory-budget';
import { wayFor } from '../../gateway/jobs/right-of-way';
import { WorkerSlot } from '../../gateway/jobs/worker-slot';
import { silentLogger } from '../silent-logger';

test.each([
  // What Node 20 says where no file can be opened, and where the heap is full.
  ['Worker initialization failure: EMFILE', 'more files are open than the system allows (ulimit -n)'],
  [
    'Worker terminated due to reaching memory limit: JS heap out of memory',
    'the image may be too large for the memory',
  ],
])('%s', async (message, reason) => {
  const worker = Object.assign(new EventEmitter(), { threadId: 1, postMessage: () => undefined });
  const startWorker = () => worker as unknown as Worker;
  const options = { triton: {}, maxVoxels: 1, lib: '', logger: silentLogger(), onThreadEnd: () => {}, startWorker };
  const budget = new MemoryBudget(1);
  const running = new WorkerSlot(0, options as never, budget, wayFor(1)).run(
    { id: 'a' } as never,
    new AbortController().signal,
    {
      memory: () => 'beside',
    },
  );
  worker.emit('error', new Error(message));
  await expect(running).rejects.toMatchObject({
    code: 'INTERNAL',
    message: expect.stringContaining(`${message}; ${reason}`),
  });
});
