import { copyInto, type Box } from '../../../imaging/ops/crop/boxes';
import { coverage, divideByCoverage, divideByWeights } from '../../../imaging/ops/copy/windows';
import { tensorOrder } from '../../../imaging/ops/copy/layout';
import { sizeOf, type Affine, type Axes, type Volume } from '../../../imaging/volume';
import { allocateUnset } from '../../../arena';
import type { ScanningWindowInferer } from '../../../model-spec';
import type { TensorMap } from '../../../triton/inference-client';
import { SlabRing } from './slab-ring';
import type { TensorLayout } from '../tensor-layout';
import { floatsOf } from '../network-values';
import { boxOf, type BoundOutput } from '../tensors';
import type { AxisWindows, WindowOrder } from './window-grid';
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
    this.layout = layout.channel === 'none' ? { ...layout, channel: 'first' } : layout;
    const letters = 'XYZ'.slice(0, lengths.length);
    this.axes = (layout.channel === 'last' ? `${letters}C` : `C${letters}`) as Axes;
    this.counts = grid.map(({ starts, before, roi }, axis) =>
      coverage(
        lengths[axis],
        starts.map((start) => start - before),
        roi,
      ),
    );
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
    const [start, size] = [boxOf(this.layout, 0, origin), boxOf(this.layout, this.channels, this.window)];
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
    this.divide(sums, box, taken);
    this.sums!.clear(whole);
    return taken;
  }

  private withChannels({ start, size }: Box): Box {
    return { start: boxOf(this.layout, 0, start), size: boxOf(this.layout, this.channels, size) };
  }

  private divide(sums: Volume<Float32Array>, box: Box, out: Volume<Float32Array>): void {
    if (this.weightSums) {
      divideByWeights(sums, this.weightSums.view(box), out);
      return this.weightSums.clear(box);
    }
    const counts = this.counts.map((all, d) => all.subarray(box.start[d], box.start[d] + box.size[d]));
    if (counts.every((count) => count.every((n) => n === 1))) copyInto(sums, out);
    else divideByCoverage(sums, counts, out);
  }
}
