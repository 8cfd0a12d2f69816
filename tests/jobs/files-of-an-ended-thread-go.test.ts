import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MemoryBudget } from '../../gateway/jobs/memory-budget';
import { wayFor } from '../../gateway/jobs/right-of-way';
import { WorkerSlot } from '../../gateway/jobs/worker-slot';
import { silentLogger } from '../silent-logger';
import { until } from '../until';
import { FakeWorker } from './fake-worker';

test('a thread that ends leaves none of the files that ITK was given, and those of others stay', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ended-'));
  try {
    for (const name of ['own-itk-7-aaaaaa', 'own-itk-7-bbbbbb', 'own-itk-70-cccccc', 'own-itk-8-dddddd']) {
      mkdirSync(path.join(folder, name));
      writeFileSync(path.join(folder, name, 'image.mgh'), 'voxels');
    }
    const worker = new FakeWorker(7);
    const options = { triton: {}, maxVoxels: 1, lib: '', scratch: path.join(folder, 'own-itk-'), logger: silentLogger(), onThreadEnd: () => undefined, startWorker: () => worker }; // prettier-ignore
    const slot = new WorkerSlot(0, options as never, new MemoryBudget(1), wayFor(1));
    const running = slot.run({ id: 'a' } as never, new AbortController().signal, { memory: () => 'beside' });
    worker.terminate();
    await expect(running).rejects.toThrow('ended with code 1');
    await until(() => readdirSync(folder).sort().join() === 'own-itk-70-cccccc,own-itk-8-dddddd');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
