import type { ImageError } from '../../../../image-error';
import type { NumericArray } from '../../../../volume';
import type { FrameTask } from '../decode-here';

/** Frames for one decode thread, and the array in shared memory that they are written into. */
export interface Batch {
  tasks: readonly FrameTask[];
  target: NumericArray;
}

/** What became of a batch: `index` is that of its first frame that cannot be decoded. */
export type Outcome = { ok: true } | { ok: false; index: number; kind: ImageError['kind']; message: string };

export interface ToPool {
  id: number;
  batch: Batch;
}

export interface FromPool {
  id: number;
  outcome: Outcome;
}
