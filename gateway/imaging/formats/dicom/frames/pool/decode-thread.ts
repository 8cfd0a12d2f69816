import { parentPort, workerData } from 'node:worker_threads';
import { decodeHere, FrameError } from '../decode-frame';
import type { Batch, Outcome } from './decode-pool';
import { say, sentenceOf } from '../../../../../sentence';

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
    if (error instanceof FrameError) return { ok: false, index, kind: error.kind, said: error.said };
    return { ok: false, index, kind: 'unreadable', said: say`it cannot be read (${sentenceOf(error)})` };
  }
}
