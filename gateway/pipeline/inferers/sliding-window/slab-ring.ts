import { clear, viewOf, type Box } from '../../../imaging/ops/crop/boxes';
import { tensorOrder } from '../../../imaging/ops/copy/layout';
import { scatterAdd } from '../../../imaging/ops/copy/windows';
import { sizeOf, type Axes, type Volume } from '../../../imaging/volume';
import { allocateUnset } from '../../../arena';

/**
 * Sums of a volume of which only `depth` neighbouring indices along one axis are in use at a time: index i lies at i mod depth.
 * What is cleared is ready for the index `depth` further on. Voxels lie in the order of the windows, so that rows are added to rows.
 */
export class SlabRing {
  private readonly volume: Volume<Float32Array>;

  /**
   * @param shape of the whole volume
   * @param axis number of the axis among `axes`, channel axis included
   */
  constructor(
    axes: Axes,
    private readonly shape: readonly number[],
    private readonly axis: number,
    private readonly depth: number,
  ) {
    const kept = shape.with(axis, depth);
    const data = allocateUnset(Float32Array, sizeOf(kept));
    this.volume = { data, shape: kept, strides: tensorOrder(axes, kept), axes, properties: {} };
    clear(this.volume);
  }

  /** Adds a window, as `scatterAdd` does; what lies outside the volume is dropped. */
  add(start: readonly number[], size: readonly number[], window: Float32Array, at?: number, weights?: Float32Array): void {
    const { axis, shape } = this;
    const none = shape.map(() => 0);
    const end = Math.min(start[axis] + size[axis], shape[axis]);
    for (const [from, to] of this.parts(Math.max(start[axis], 0), end)) {
      const view = this.view({ start: none.with(axis, from), size: shape.with(axis, to - from) });
      scatterAdd(view, start.with(axis, start[axis] - from), size, window, at, weights);
    }
  } // prettier-ignore

  /** The indices `from` to `to` along the axis, cut where the ring begins anew. */
  parts(from: number, to: number): [from: number, to: number][] {
    const list: [number, number][] = [];
    for (let at = from; at < to;) {
      const end = Math.min(to, (Math.floor(at / this.depth) + 1) * this.depth);
      list.push([at, end]);
      at = end;
    }
    return list;
  }

  /** The sums of a box of the whole volume, which must lie in one part. */
  view({ start, size }: Box): Volume<Float32Array> {
    return viewOf(this.volume, { start: start.with(this.axis, start[this.axis] % this.depth), size });
  }

  clear(box: Box): void {
    clear(this.view(box));
  }
}
