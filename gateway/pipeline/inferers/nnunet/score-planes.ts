import { allocate, allocateUnset } from '../../../arena';
import { fail } from '../../../errors';
import { addHalf, addWeights, LARGEST_HALF, toHalf } from './half';

/**
 * Sums of windows in half precision, of which only as many planes are held as a window is deep: windows come in the order of the first axis, and a
 * plane that no further window touches is finished.
 */
export class ScorePlanes {
  private readonly sums: Float32Array[];
  private readonly weightSums: Float32Array[];
  private readonly area: number;
  private done = 0;

  /**
   * @param lengths of the image, three
   * @param window three lengths
   * @param weights of a window
   */
  constructor(
    private readonly lengths: readonly number[],
    private readonly window: readonly number[],
    private readonly weights: Float32Array,
    private readonly folds: number,
    private readonly heads: number,
    private readonly model: string,
  ) {
    this.area = lengths[1] * lengths[2];
    const depth = Math.min(window[0], lengths[0]);
    this.sums = Array.from({ length: depth }, () => allocate(Float32Array, folds * heads * this.area));
    this.weightSums = Array.from({ length: depth }, () => allocate(Float32Array, this.area));
  }

  /** Adds a window. @param origin of its first voxel; what lies outside the image is left out @param at where its scores begin */
  add(origin: readonly number[], scores: Float32Array, at: number): void {
    const { lengths, window, weights, sums, weightSums, area } = this;
    const from = origin.map((first) => Math.max(0, -first));
    const to = window.map((n, d) => Math.min(n, lengths[d] - origin[d]));
    const n = to[2] - from[2];
    const [, wy, wx] = window;
    const voxels = window[0] * wy * wx;
    for (let z = from[0]; z < to[0]; z++) {
      const slot = (origin[0] + z) % sums.length;
      for (let y = from[1]; y < to[1]; y++) {
        const first = (z * wy + y) * wx + from[2];
        const place = (origin[1] + y) * lengths[2] + origin[2] + from[2];
        addWeights(weightSums[slot], place, weights, first, n);
        for (let score = 0; score < this.folds * this.heads; score++)
          addHalf(sums[slot], score * area + place, scores, at + score * voxels + first, weights, first, n);
      }
    }
  }

  /**
   * Finishes the planes before `limit`: divides by the weights, and averages the folds, each step in half precision.
   * @param room gives an array for the heads of a plane, one after the other
   * @throws INFERENCE_FAILED when a sum of scores is beyond half precision
   */
  *finish(limit: number, room: (z: number) => Float32Array): Generator<number> {
    for (const end = Math.min(limit, this.lengths[0]); this.done < end; this.done++) {
      const slot = this.done % this.sums.length;
      this.average(this.sums[slot], this.weightSums[slot], room(this.done));
      this.sums[slot].fill(0);
      this.weightSums[slot].fill(0);
      yield this.done;
    }
  }

  private average(sums: Float32Array, weights: Float32Array, out: Float32Array): void {
    const { area, folds, heads } = this;
    for (let head = 0; head < heads; head++)
      for (let i = 0; i < area; i++) {
        const weight = weights[i];
        let total = 0;
        for (let fold = 0; fold < folds; fold++) {
          const sum = sums[(fold * heads + head) * area + i];
          if (!(Math.abs(sum) <= LARGEST_HALF))
            throw fail('INFERENCE_FAILED', { model: this.model, what: `the sum of its scores ${sum} is beyond half precision (${LARGEST_HALF}), in which nnU-Net adds them up` });
          const score = toHalf(sum / weight);
          total = fold === 0 ? score : toHalf(total + score);
        }
        out[head * area + i] = folds > 1 ? toHalf(total / folds) : total;
      }
  } // prettier-ignore
}

/** Finished planes that are still needed: each holds the heads of one plane, one after the other. */
export class FinishedPlanes {
  private readonly planes = new Map<number, Float32Array>();
  private readonly free: Float32Array[] = [];

  constructor(
    private readonly area: number,
    private readonly heads: number,
  ) {}

  /** Room for plane z. */
  room(z: number): Float32Array {
    const plane = this.free.pop() ?? allocateUnset(Float32Array, this.heads * this.area);
    this.planes.set(z, plane);
    return plane;
  }

  get(head: number, z: number): Float32Array {
    return this.planes.get(z)!.subarray(head * this.area, (head + 1) * this.area);
  }

  /** The planes before z are not needed any more. */
  drop(before: number): void {
    for (const [z, plane] of this.planes)
      if (z < before) {
        this.planes.delete(z);
        this.free.push(plane);
      }
  }
}
