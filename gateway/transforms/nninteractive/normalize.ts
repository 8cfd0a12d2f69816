import { allocateUnset } from '../../arena';
import { boundsOfNonzero } from '../../imaging/ops/crop/nonzero-box';
import { copyBox } from '../../imaging/simd/copy';
import { channelCount, firstAxisFastest, sizeOf, type Volume } from '../../imaging/volume';
import * as arg from '../arguments';
import { monai } from '../definition';

monai({
  name: 'NninteractiveNormalized',
  summary:
    'What nnInteractive does to an image: minus the mean, divided by the standard deviation (n − 1) of the smallest box with all voxels other than 0; the voxels stay where they are.',
  source: 'nnInteractive 2.6 nnInteractiveInferenceSession.set_image',
  args: arg.onKeys({}),
  change(volume) {
    if (channelCount(volume) !== 1) throw new Error(`the model takes one channel, and the image has ${channelCount(volume)}`);
    if (volume.axes.replace('C', '') !== 'XYZ') throw new Error(`the model takes a volume with the axes X, Y and Z, and the image has ${volume.axes}`);
    return normalized(inFileOrder(volume));
  },
}); // prettier-ignore

/** One channel as float32, first axis fastest. */
function inFileOrder(volume: Volume): Volume {
  const at = volume.axes.indexOf('C');
  const of = (values: readonly number[]) => values.filter((_, d) => d !== at);
  const [shape, strides] = [of(volume.shape), of(volume.strides)];
  const data = allocateUnset(Float32Array, sizeOf(shape));
  const ordered = firstAxisFastest(shape);
  copyBox(shape, { data: volume.data, at: 0, strides }, { data, at: 0, strides: ordered });
  return { ...volume, data, shape, strides: ordered, axes: 'XYZ' };
}

/** In place. @throws Error for an image of zeros */
export function normalized(volume: Volume & { data: Volume['data'] }): Volume {
  const { data, shape, strides } = volume;
  const [zs, ys, xs] = [2, 1, 0].map((d) => shape[d]);
  const { start, size } = boundsOfNonzero([data], [zs, ys, xs], strides.toReversed());
  const n = sizeOf(size);
  if (n === 0 || !data.subarray(0, sizeOf(shape)).some((value) => value !== 0))
    throw new Error('all voxels of the image are 0, and its intensities cannot be normalized');
  const sumOf = (term: (value: number) => number) => {
    let sum = 0;
    for (let z = start[0]; z < start[0] + size[0]; z++)
      for (let y = start[1]; y < start[1] + size[1]; y++) {
        const from = (z * ys + y) * xs + start[2];
        for (let at = from; at < from + size[2]; at++) sum += term(data[at]);
      }
    return sum;
  };
  const exact = sumOf((value) => value) / n;
  const mean = Math.fround(exact);
  const deviation = Math.fround(Math.sqrt(sumOf((value) => (value - exact) ** 2) / (n - 1)));
  for (let at = 0; at < data.length; at++) data[at] = Math.fround(data[at] - mean) / deviation;
  return volume;
}
