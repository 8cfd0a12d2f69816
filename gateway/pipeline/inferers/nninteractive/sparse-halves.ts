import { Bounds, overlap, perAxis, wholeOf, type Box, type Three } from './boxes';
import { numbersOfHalves } from '../../../half';

const halves = numbersOfHalves();

/** Voxels of a block along each axis. */
export const EDGE = 16;
export const BLOCK = EDGE ** 3;

/** Halves of a block, or the one half that all its voxels have. */
export type BlockOfHalves = Uint16Array | number;

/**
 * A volume of half precision numbers, of which only blocks that hold different numbers take memory.
 * Shape slowest axis first.
 */
export class SparseHalves {
  readonly counts: Three;

  /** By their place, slowest axis first; none where all numbers are 0. */
  private readonly blocks = new Map<number, BlockOfHalves>();

  constructor(readonly shape: Three) {
    this.counts = perAxis((d) => Math.ceil(shape[d] / EDGE));
  }

  /** Numbers of the blocks that a box meets. */
  private *blocksIn(box: Box): Generator<{ at: number; box: Box }> {
    const [nx, ny, nz] = perAxis((d) => [Math.floor(box[d][0] / EDGE), Math.ceil(box[d][1] / EDGE)] as const);
    for (let x = nx[0]; x < nx[1]; x++)
      for (let y = ny[0]; y < ny[1]; y++)
        for (let z = nz[0]; z < nz[1]; z++) {
          const at = (x * this.counts[1] + y) * this.counts[2] + z;
          yield { at, box: [[x * EDGE, (x + 1) * EDGE], [y * EDGE, (y + 1) * EDGE], [z * EDGE, (z + 1) * EDGE]] };
        }
  } // prettier-ignore

  /** A box, within the volume, that holds all numbers but 0. */
  get bounds(): Box | undefined {
    const bounds = new Bounds();
    for (const at of this.blocks.keys()) {
      const z = at % this.counts[2];
      const y = Math.floor(at / this.counts[2]) % this.counts[1];
      bounds.add(Math.floor(at / this.counts[2] / this.counts[1]), y, z, z + 1);
    }
    const { box } = bounds;
    return box && overlap(perAxis((d) => [box[d][0] * EDGE, box[d][1] * EDGE] as const), wholeOf(this.shape));
  } // prettier-ignore

  /**
   * Calls `use` for each row along the last axis, within blocks, where numbers may be other than 0.
   * @param box within the volume
   */
  eachRow(box: Box, use: (x: number, y: number, z0: number, z1: number, block: BlockOfHalves, at: number) => void): void {
    for (const { at, box: whole } of this.blocksIn(box)) {
      const block = this.blocks.get(at);
      if (block === undefined) continue;
      const [[x0, x1], [y0, y1], [z0, z1]] = overlap(whole, box)!;
      for (let x = x0; x < x1; x++)
        for (let y = y0; y < y1; y++) use(x, y, z0, z1, block, ((x % EDGE) * EDGE + (y % EDGE)) * EDGE + (z0 % EDGE));
    }
  } // prettier-ignore

  /** Copies numbers other than 0 of a box, within the volume, into `out`, whose first element is the box's first voxel. */
  read(box: Box, out: Float32Array | Uint8Array, [stepX, stepY]: readonly [number, number], from = 0, change?: (value: number) => number): void {
    let lastHalf = -1;
    let last = 0;
    const value = (half: number) => (half === lastHalf ? last : (lastHalf = half, last = change ? change(halves[half]) : halves[half]));
    const [[bx], [by], [bz]] = box;
    this.eachRow(box, (x, y, z0, z1, block, at) => {
      const to = from + (x - bx) * stepX + (y - by) * stepY - bz;
      if (typeof block === 'number') out.fill(value(block), to + z0, to + z1);
      else for (let z = z0; z < z1; z++, at++) if (block[at] !== 0) out[to + z] = value(block[at]);
    });
  } // prettier-ignore

  /** The number of one voxel. */
  at(x: number, y: number, z: number): number {
    const place = (n: number) => Math.floor(n / EDGE);
    const block = this.blocks.get((place(x) * this.counts[1] + place(y)) * this.counts[2] + place(z)) ?? 0;
    return typeof block === 'number' ? halves[block] : halves[block[((x % EDGE) * EDGE + (y % EDGE)) * EDGE + (z % EDGE)]];
  } // prettier-ignore

  /**
   * Writes a box, row by row within blocks.
   *
   * @param box within the volume
   * @param fill writes voxels `z0` to `z1` of the row (x, y) into `block` from its element `at` on; there it finds what was there before
   */
  write(box: Box, fill: (x: number, y: number, z0: number, z1: number, block: Uint16Array, at: number) => void): void {
    for (const { at: place, box: whole } of this.blocksIn(box)) {
      const old = this.blocks.get(place) ?? 0;
      const block = typeof old === 'number' ? new Uint16Array(BLOCK).fill(old) : old;
      const [[x0, x1], [y0, y1], [z0, z1]] = overlap(whole, box)!;
      for (let x = x0; x < x1; x++)
        for (let y = y0; y < y1; y++) fill(x, y, z0, z1, block, ((x % EDGE) * EDGE + (y % EDGE)) * EDGE + (z0 % EDGE));
      this.put(place, block);
    }
  } // prettier-ignore

  /** Changes all numbers other than 0. */
  change(of: (half: number) => number): void {
    for (const [place, block] of this.blocks) this.put(place, typeof block === 'number' ? of(block) : block.map(of));
  }

  private put(place: number, block: BlockOfHalves): void {
    const first = typeof block === 'number' ? block : block[0];
    const isEven = typeof block === 'number' || block.every((half) => half === first);
    if (isEven && first === 0) this.blocks.delete(place);
    else this.blocks.set(place, isEven ? first : block);
  }

  /** The smallest box around voxels above a number. */
  above(threshold: number): Box | undefined {
    const bounds = new Bounds();
    this.eachRow(wholeOf(this.shape), (x, y, z0, z1, block, at) => {
      for (let z = z0; z < z1; z++, at++)
        if (halves[typeof block === 'number' ? block : block[at]] > threshold) bounds.add(x, y, z, z + 1);
    });
    return bounds.box;
  }
}
