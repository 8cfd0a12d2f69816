import { allocate, allocateUnset } from '../../../arena';
import { fail } from '../../../errors';
import {
  addHalf,
  addHalfWeights,
  divideHalves,
  halfQuotients,
  LARGEST_HALF,
} from '../../../imaging/ops/copy/half-sums';
import { fillElements } from '../../../imaging/simd/copy';

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
    const [, wy, wx] = window;
    const scoreCount = this.folds * this.heads;
    const box = [scoreCount, to[1] - from[1], to[2] - from[2]];
    for (let z = from[0]; z < to[0]; z++) {
      const slot = (origin[0] + z) % sums.length;
      const place = (origin[1] + from[1]) * lengths[2] + origin[2] + from[2];
      const first = (z * wy + from[1]) * wx + from[2];
      const ofWindow = { data: weights, at: first, strides: [0, wx, 1] };
      const ofScores = { data: scores, at: at + first, strides: [window[0] * wy * wx, wx, 1] };
      addHalf(box, { data: sums[slot], at: place, strides: [area, lengths[2], 1] }, ofScores, ofWindow);
      const plane = { data: weightSums[slot], at: place, strides: [lengths[2], 1] };
      addHalfWeights(box.slice(1), plane, { ...ofWindow, strides: [wx, 1] });
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
      fillElements(this.sums[slot], 0);
      fillElements(this.weightSums[slot], 0);
      yield this.done;
    }
  }

  private average(sums: Float32Array, weights: Float32Array, out: Float32Array): void {
    const { area, folds, heads } = this;
    const box = [heads, area];
    const to = { data: out, at: 0, strides: [area, 1] };
    for (let fold = 0; fold < folds; fold++) {
      const ofFold = { data: sums, at: fold * heads * area, strides: [area, 1] };
      const beyond = halfQuotients(
        box,
        to,
        ofFold,
        { data: weights, at: 0, strides: [0, 1] },
        fold === 0 ? 'put' : 'add',
      );
      const what = `a sum of its scores is beyond half precision (${LARGEST_HALF}), in which nnU-Net adds them up`;
      if (beyond) throw fail('INFERENCE_FAILED', { model: this.model, what });
    }
    if (folds > 1) divideHalves(box, to, folds);
  }
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
