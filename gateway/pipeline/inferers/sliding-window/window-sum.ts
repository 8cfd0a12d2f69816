import { clear, copyInto, viewOf, type Box } from '../../../imaging/ops/crop/boxes';
import { divideByCoverage, divideByWeights, scatterAdd } from '../../../imaging/ops/copy/windows';
import { tensorOrder } from '../../../imaging/ops/copy/layout';
import { sizeOf, type Affine, type Axes, type Volume } from '../../../imaging/volume';
import { allocateUnset } from '../../../arena';
import type { ScanningWindowInferer } from '../../../model-spec';
import type { TensorMap } from '../../../triton/inference-client';
import { axesOf, boxOf, withChannel, type TensorLayout } from '../tensor-layout';
import { floatsOf } from '../network-values';
import type { BoundOutput } from '../tensors';
import { coverageOf, type AxisWindows, type WindowOrder } from './window-grid';
import { windowWeights } from './window-weights';

/** Where the windows of a job lie; the same for all its outputs. */
export interface Windows {
  /** Spatial shape of the image in voxels. */
  lengths: readonly number[];
  grid: readonly AxisWindows[];
  order: WindowOrder;
  layout: TensorLayout;
  affine?: Affine;
}

/** Adds up the windows of one output and divides by how much covers each voxel. */
export class WindowSum {
  private readonly window: number[];
  private readonly layout: TensorLayout;
  private readonly axes: Axes;
  /** How many windows cover each index of each axis; for windows that all weigh the same. */
  private readonly counts: Float64Array[];
  private readonly weights: Float32Array | undefined;
  private readonly weightSums: SlabRing | undefined;
  private sums: SlabRing | undefined;
  private values: Float32Array = new Float32Array();
  private perWindow = 0;

  constructor(
    readonly output: BoundOutput,
    private readonly windows: Windows,
    inferer: ScanningWindowInferer,
    private readonly model: string,
  ) {
    const { grid, lengths, layout, order } = windows;
    this.window = grid.map(({ roi }) => roi);
    this.layout = withChannel(layout);
    const letters = 'XYZ'.slice(0, lengths.length);
    this.axes = axesOf(layout, letters);
    this.counts = grid.map((along, axis) => coverageOf(along, lengths[axis]));
    this.weights = windowWeights(this.window, inferer);
    if (this.weights) this.weightSums = new SlabRing(letters as Axes, lengths, order.axis, order.depth);
  }

  /** Channels of the output; known once an answer has come. */
  get channels(): number {
    return this.perWindow / sizeOf(this.window);
  }

  /** Takes the answer for a batch of windows; {@link add} adds them one by one. */
  receive(answer: TensorMap, batch: number): void {
    this.values = floatsOf(answer.get(this.output.tensor)!, this.model);
    this.perWindow = this.values.length / batch;
    const { order, lengths } = this.windows;
    const shape = boxOf(this.layout, this.channels, lengths);
    this.sums ??= new SlabRing(this.axes, shape, this.axes.indexOf('XYZ'[order.axis]), order.depth);
  }

  /** Adds window `index` of the batch, whose first voxel is `origin`. */
  add(origin: readonly number[], index: number): void {
    const { start, size } = this.withChannels({ start: origin, size: this.window });
    this.sums!.add(start, size, this.values, index * this.perWindow, this.weights);
    if (this.weights) this.weightSums!.add(origin, this.window, this.weights);
  }

  /** The indices `from` to `to` of the slab axis in parts whose boxes can be taken. */
  parts(from: number, to: number): [from: number, to: number][] {
    return this.sums!.parts(from, to);
  }

  /** The averages of a spatial box, in the order of the windows; their place in memory goes to the slabs that follow. */
  take(box: Box): Volume<Float32Array> {
    const whole = this.withChannels(box);
    const sums = this.sums!.view(whole);
    const data = allocateUnset(Float32Array, sizeOf(whole.size));
    const taken = { ...sums, data, strides: tensorOrder(this.axes, whole.size), affine: this.windows.affine };
    const counts = this.counts.map((all, d) => all.subarray(box.start[d], box.start[d] + box.size[d]));
    if (this.weightSums) {
      divideByWeights(sums, this.weightSums.view(box), taken);
      this.weightSums.clear(box);
    } else if (counts.every((count) => count.every((n) => n === 1))) copyInto(sums, taken);
    else divideByCoverage(sums, counts, taken);
    this.sums!.clear(whole);
    return taken;
  }

  private withChannels({ start, size }: Box): Box {
    return { start: boxOf(this.layout, 0, start), size: boxOf(this.layout, this.channels, size) };
  }
}

/**
 * Sums of a volume of which only `depth` neighbouring indices along one axis are in use at a time: index i lies at i mod depth.
 * The cleared part is ready for the index `depth` further on. Voxels lie in the order of the windows, so that rows are added to rows.
 */
class SlabRing {
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
    for (let at = from; at < to; at = list.at(-1)![1])
      list.push([at, Math.min(to, (Math.floor(at / this.depth) + 1) * this.depth)]);
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
