import { parentPort, workerData } from 'node:worker_threads';
import { ImageError } from '../../../../image-error';
import { ArrivingFile, followFile } from '../../../arriving-file';
import { hasCome, isWanted } from '../../../coming-count';
import { readVoxels } from '../../../voxel-source';
import { decodeHere, FrameError } from '../decode-frame';
import type { Batch, Outcome, Reading } from './decode-pool';
import { say, sentenceOf } from '../../../../../sentence';

const port = parentPort!;
/** Index of the frame that is being decoded: the pool reads it when this thread is lost. */
const progress = new Int32Array(workerData as SharedArrayBuffer);

port.on('message', (work: Batch | Reading) => {
  void ('count' in work ? read(work) : decode(work)).then((outcome) => port.postMessage(outcome));
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

/** Bytes that go through a place of their own, which lie in words as those of the target do: memory that threads share is written word by word then. */
const stage = new Uint8Array(256 << 10);
const WORD = 8;

async function read({ source, type, target, count, arriving }: Reading): Promise<Outcome> {
  followFile(arriving && new ArrivingFile(source.path, arriving.mostBytes, arriving.shared));
  try {
    let come = 0;
    const trailing = await readVoxels(source, target.length, type, (piece) => {
      if (!isWanted(count)) throw new Error('nobody wants the rest of the voxels');
      for (let used = 0; used < piece.length;) {
        const lead = (target.byteOffset + come) % WORD;
        const part = piece.subarray(used, used + stage.length - lead);
        stage.set(part, lead);
        target.set(stage.subarray(lead, lead + part.length), come);
        used += part.length;
        come += part.length;
      }
      hasCome(count, come);
    });
    return { ok: true, trailing };
  } catch (error) {
    const kind = error instanceof ImageError ? error.kind : 'unreadable';
    return { ok: false, index: 0, kind, said: sentenceOf(error) };
  } finally {
    followFile();
  }
}
