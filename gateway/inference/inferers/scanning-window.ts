import { coverage, divideByCoverage, divideByWeights } from '../../imaging/kernels/coverage';
import { scatterAdd } from '../../imaging/kernels/scatter-add';
import { allocate, firstAxisFastest, sizeOf, spatialShape, type Axes, type Volume } from '../../imaging/volume';
import { checkVoxels } from '../../imaging/voxel-limit';
import type { ScanningWindowInferer } from '../../models/model-spec';
import type { StageClock } from '../../telemetry/stages';
import type { Sample } from '../../transforms/sample';
import type { TensorMap } from '../../triton/inference-client';
import type { Job } from '../job';
import type { InferenceContext } from './inference-context';
import type { TensorLayout } from './tensor-layout';
import { bindInput, bindOutput, boxOf, cutWindows, numericData, wantedOutput, type BoundOutput } from './tensors';
import { windowGrid, windowOrigins } from './window-grid';
import { windowWeights } from './window-weights';

/** Requests under way: the next windows are cut and sent while Triton computes the last ones. */
const IN_FLIGHT = 2;

/** Windows over the image, averaged where they overlap (`transforms.md` §6). */
export async function runScanningWindow(
  { id, spec, modelVersion }: Job,
  inferer: ScanningWindowInferer,
  sample: Sample,
  context: InferenceContext,
  clock: StageClock,
): Promise<void> {
  const { inputs, outputs } = spec.inference;
  const image = sample.volume(inputs[0].field);
  const lengths = spatialShape(image);
  const grid = windowGrid(lengths, inferer);
  const window = grid.map(({ roi }) => roi);
  // A needle of voxels is small, and the windows that cover it are not.
  checkVoxels(
    lengths,
    lengths.map((length, axis) => Math.max(length, window[axis])),
    1,
    'padding',
  );
  const bound = inputs.map((binding) => bindInput(spec, binding, sample.volume(binding.field), window));
  const { layout } = bound[0];
  const wanted = outputs.map((binding) => bindOutput(spec, binding, layout));
  const padding = { mode: inferer.paddingMode, value: inferer.cval };
  // Windows are placed in the padded image; the image itself begins `before` voxels later.
  const origins = windowOrigins(grid).map((origin) => origin.map((start, axis) => start - grid[axis].before));
  const sums = new Map(wanted.map((output) => [output.field, new WindowSum(output, image, layout, window, inferer)]));

  let done = 0;
  clock.advance(done, origins.length);
  const add = async (batch: number[][], pending: Promise<TensorMap>) => {
    const answer = await clock.measure('triton', () => pending);
    await clock.measure('window', () => sums.forEach((sum) => sum.add(batch, answer)));
    clock.advance((done += batch.length), origins.length);
  };
  const underWay: { batch: number[][]; pending: Promise<TensorMap> }[] = [];
  for (const batch of chunks(origins, Math.min(inferer.batchSize, layout.maxBatch))) {
    context.throwIfCancelled();
    const tensors = await clock.measure('window', () => bound.map((input) => cutWindows(input, batch, padding)));
    const pending = context.infer({
      model: spec.name,
      version: modelVersion,
      inputs: tensors,
      outputs: wanted.map((output) => wantedOutput(output, layout, window, batch.length)),
      requestId: id,
      signal: context.signal,
    });
    // It may fail while an earlier one is waited for; whoever comes to wait for it still sees that.
    pending.catch(() => undefined);
    underWay.push({ batch, pending });
    if (underWay.length === IN_FLIGHT) await add(underWay[0].batch, underWay.shift()!.pending);
  }
  while (underWay.length) await add(underWay[0].batch, underWay.shift()!.pending);
  await clock.measure('window', () =>
    sums.forEach((sum, field) =>
      sample.volumes.set(
        field,
        sum.average(
          origins,
          grid.map(({ starts, before }) => starts.map((start) => start - before)),
        ),
      ),
    ),
  );
}

/** Adds up the windows of one output and divides by how much covers each voxel. */
class WindowSum {
  private total: Volume<Float32Array> | undefined;
  private readonly weights: Float32Array | undefined;

  constructor(
    private readonly output: BoundOutput,
    private readonly image: Volume,
    private readonly layout: TensorLayout,
    private readonly window: readonly number[],
    inferer: ScanningWindowInferer,
  ) {
    this.weights = windowWeights(window, inferer);
  }

  add(origins: readonly number[][], answer: TensorMap): void {
    const tensor = answer.get(this.output.tensor)!;
    const perWindow = tensor.data.length / origins.length;
    const channels = perWindow / sizeOf(this.window);
    const total = (this.total ??= this.allocate(channels));
    const data = numericData(tensor.data);
    const values = data instanceof Float32Array ? data : Float32Array.from(data);
    const size = boxOf(this.outputLayout, channels, this.window);
    origins.forEach((origin, index) =>
      scatterAdd(total, boxOf(this.outputLayout, 0, origin), size, values, index * perWindow, this.weights),
    );
  }

  average(origins: readonly number[][], starts: readonly number[][]): Volume {
    const total = this.total!;
    if (this.weights) divideByWeights(total, this.sumOfWeights(origins));
    else {
      const counts = starts.map((axisStarts, axis) =>
        coverage(spatialShape(this.image)[axis], axisStarts, this.window[axis]),
      );
      if (counts.some((count) => count.some((n) => n !== 1))) divideByCoverage(total, counts);
    }
    return total;
  }

  private get outputLayout(): TensorLayout {
    return this.layout.channel === 'none' ? { ...this.layout, channel: 'first' } : this.layout;
  }

  /** Channels apart, x fastest inside each: the order of the file, so that what follows walks memory in order. */
  private allocate(channels: number): Volume<Float32Array> {
    const spatial = spatialShape(this.image);
    const length = sizeOf(spatial);
    const letters = 'XYZ'.slice(0, spatial.length);
    const axes = boxAxes(this.outputLayout, letters);
    return {
      data: allocate(Float32Array, channels * length),
      shape: boxOf(this.outputLayout, channels, spatial),
      strides: boxOf(this.outputLayout, length, firstAxisFastest(spatial)),
      axes,
      affine: this.image.affine,
      properties: {},
    };
  }

  private sumOfWeights(origins: readonly number[][]): Float32Array {
    const spatial = spatialShape(this.image);
    const axes = 'XYZ'.slice(0, spatial.length) as Axes;
    const sum: Volume<Float32Array> = {
      data: new Float32Array(sizeOf(spatial)),
      shape: spatial,
      strides: firstAxisFastest(spatial),
      axes,
      properties: {},
    };
    for (const origin of origins) scatterAdd(sum, origin, this.window, this.weights!);
    return sum.data;
  }
}

function boxAxes({ channel }: TensorLayout, letters: string): Axes {
  return (channel === 'last' ? `${letters}C` : `C${letters}`) as Axes;
}

function* chunks<T>(list: readonly T[], size: number): Generator<T[]> {
  for (let at = 0; at < list.length; at += size) yield list.slice(at, at + size);
}
