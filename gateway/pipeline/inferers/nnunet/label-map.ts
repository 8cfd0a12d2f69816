import { allocate } from '../../../arena';
import { planeResizer, type PlaneResizer } from '../../../imaging/ops/resample/linear-planes';
import { ordersOf, separateAxis } from '../../../imaging/ops/resample/resample-to-shape';
import { sizeOf } from '../../../imaging/volume';
import type { NnunetInferer } from '../../../model-spec';
import type { NnunetGrid } from '../../../transforms/nnunet/preprocess';
import { FinishedPlanes } from './score-planes';

/** A logit whose sigmoid in float32 is 0.5: the next half above it gives more. */
const EVEN = 2 ** -24;

/**
 * Makes labels of scores, plane by plane: resampled to the image's grid, each score rounded to half, then the head with the highest score (of equals
 * the first), or regions one over the other. Neither scores of the whole image nor resampled ones of more than a plane exist.
 */
export class LabelMap {
  /** Labels of the whole image, in the order of the file: X fastest. */
  readonly data: Uint8Array | Uint16Array;
  readonly finished: FinishedPlanes;
  private readonly resizer: PlaneResizer;
  private readonly plane: Uint8Array | Uint16Array;
  private readonly scores: Float32Array;
  private readonly strides: number[];
  private next = 0;

  /** @param lengths of the scores */
  constructor(
    private readonly inferer: NnunetInferer,
    private readonly grid: NnunetGrid,
    lengths: readonly number[],
  ) {
    const { full, box, letters, spacing, target } = grid;
    const { heads, regions, resampling } = inferer;
    const highest = regions ? Math.max(...regions) : heads - 1;
    const type = highest < 256 ? Uint8Array : Uint16Array;
    this.data = type === Uint8Array ? allocate(Uint8Array, sizeOf(full)) : allocate(Uint16Array, sizeOf(full));
    const along = (letter: string) => full[letters.findIndex((one) => one === letter)];
    const inFile = { X: 1, Y: along('X'), Z: along('X') * along('Y') };
    this.strides = letters.map((letter) => inFile[letter]);
    const { order = 1, force_separate_z: forceSeparateZ = false, threshold } = resampling ?? {};
    const separate = separateAxis(target, spacing, { forceSeparateZ, threshold });
    const orders = ordersOf(order as 0 | 1, separate) as (0 | 1)[];
    this.resizer = planeResizer(lengths, box.size, orders, { rounded: 'half' });
    this.finished = new FinishedPlanes(lengths[1] * lengths[2], heads);
    this.plane = new type(box.size[1] * box.size[2]);
    this.scores = new Float32Array(regions ? this.plane.length : 0);
  }

  /** Makes what planes of labels can be made now that the scores of plane z are finished. */
  advance(z: number): void {
    const { resizer, finished, grid } = this;
    for (; this.next < grid.box.size[0] && resizer.needs(this.next)[1] <= z; this.next++) {
      finished.drop(resizer.needs(this.next)[0]);
      this.labelPlane(this.next);
      this.put(this.next);
    }
  }

  private labelPlane(k: number): void {
    const { regions, heads } = this.inferer;
    const planeOf = (head: number, z: number) => this.finished.get(head, z);
    if (!regions) return this.resizer.label(k, heads, planeOf, this.plane);
    this.plane.fill(0);
    regions.forEach((label, head) => {
      this.resizer.make(k, (z) => planeOf(head, z), this.scores);
      for (let i = 0; i < this.plane.length; i++) if (this.scores[i] > EVEN) this.plane[i] = label;
    });
  }

  private put(k: number): void {
    const { data, plane, strides } = this;
    const { start, size } = this.grid.box;
    const [sz, sy, sx] = strides;
    const first = (start[0] + k) * sz + start[1] * sy + start[2] * sx;
    for (let y = 0, from = 0; y < size[1]; y++)
      for (let x = 0, at = first + y * sy; x < size[2]; x++, at += sx) data[at] = plane[from++];
  }
}
