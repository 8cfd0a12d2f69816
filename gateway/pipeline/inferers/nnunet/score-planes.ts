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
  /** Planes one after the other, each with all scores: plane z of the image in slot `z % depth`. */
  private readonly sums: Uint16Array;
  private readonly weightSums: Uint16Array;
  private readonly depth: number;
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
    this.depth = Math.min(window[0], lengths[0]);
    this.sums = allocate(Uint16Array, this.depth * folds * heads * this.area);
    this.weightSums = allocate(Uint16Array, this.depth * this.area);
  }

  /**
   * Adds a window.
   * @param origin of its first voxel; what lies outside the image is left out
   * @param scoresOf the scores of all its voxels for one head of one fold, fold by fold; each is asked for once
   */
  add(origin: readonly number[], scoresOf: (at: number) => Float32Array): void {
    const { weights, weightSums, area } = this;
    const boxes = this.boxesOf(origin);
    for (const { shape, slot, place, first, strides } of boxes) {
      const sums = { data: weightSums, at: slot * area + place, strides: [area, this.lengths[2], 1] };
      addHalfWeights(shape, sums, { data: weights, at: first, strides });
    }
    const scoreCount = this.folds * this.heads;
    for (let at = 0; at < scoreCount; at++) {
      const data = scoresOf(at);
      for (const { shape, slot, place, first, strides } of boxes) {
        const sums = { data: this.sums, at: (slot * scoreCount + at) * area + place, strides: [scoreCount * area, this.lengths[2], 1] };
        addHalf(shape, sums, { data, at: first, strides }, { data: weights, at: first, strides });
      }
    }
  } // prettier-ignore

  /** The part of a window that lies in the image; two where it goes beyond the last slot. */
  private boxesOf(origin: readonly number[]) {
    const { lengths, window, depth } = this;
    const from = origin.map((first) => Math.max(0, -first));
    const to = window.map((n, d) => Math.min(n, lengths[d] - origin[d]));
    const [, wy, wx] = window;
    const place = (origin[1] + from[1]) * lengths[2] + origin[2] + from[2];
    const boxes = [];
    for (let z = from[0]; z < to[0];) {
      const slot = (origin[0] + z) % depth;
      const count = Math.min(to[0] - z, depth - slot);
      const shape = [count, to[1] - from[1], to[2] - from[2]];
      boxes.push({ shape, slot, place, first: (z * wy + from[1]) * wx + from[2], strides: [wy * wx, wx, 1] });
      z += count;
    }
    return boxes;
  }

  /**
   * Finishes the planes before `limit`: divides by the weights, and averages the folds, each step in half precision.
   * @param room gives an array for the heads of a plane, one after the other
   * @throws INFERENCE_FAILED when a sum of scores is beyond half precision
   */
  *finish(limit: number, room: (z: number) => Float32Array): Generator<number> {
    const size = this.folds * this.heads * this.area;
    for (const end = Math.min(limit, this.lengths[0]); this.done < end; this.done++) {
      const slot = this.done % this.depth;
      this.average(slot, room(this.done));
      fillElements(this.sums, 0, slot * size, (slot + 1) * size);
      fillElements(this.weightSums, 0, slot * this.area, (slot + 1) * this.area);
      yield this.done;
    }
  }

  private average(slot: number, out: Float32Array): void {
    const { area, folds, heads, sums } = this;
    const box = [heads, area];
    const to = { data: out, at: 0, strides: [area, 1] };
    const weights = { data: this.weightSums, at: slot * area, strides: [0, 1] };
    for (let fold = 0; fold < folds; fold++) {
      const ofFold = { data: sums, at: (slot * folds + fold) * heads * area, strides: [area, 1] };
      const beyond = halfQuotients(box, to, ofFold, weights, fold === 0 ? 'put' : 'add');
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
