import { parentPort, workerData } from 'node:worker_threads';
import { decodeHere, FrameError } from '../decode-frame';
import type { Batch, Outcome } from './decode-pool';

const port = parentPort!;
/** Index of the frame that is being decoded: the pool reads it when this thread is lost. */
const progress = new Int32Array(workerData as SharedArrayBuffer);

port.on('message', (batch: Batch) => {
  void decode(batch).then((outcome) => port.postMessage(outcome));
});

async function decode({ tasks, target }: Batch): Promise<Outcome> {
  try {
    await decodeHere(tasks, target, (index) => Atomics.store(progress, 0, index));
    return { ok: true };
  } catch (error) {
    const index = Atomics.load(progress, 0);
    if (error instanceof FrameError) return { ok: false, index, kind: error.kind, message: error.message };
    return { ok: false, index, kind: 'unreadable', message: `it cannot be read (${(error as Error).message})` };
  }
}
