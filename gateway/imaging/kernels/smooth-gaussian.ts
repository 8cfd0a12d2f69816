import { allocate, type Volume } from '../volume';
import { gaussianKernel } from './gaussian-kernel';
import { isDense } from './layout';

/**
 * Filters a gapless volume along the given axes with the gaussian of `gaussianKernel`; outside the volume there are zeros
 * (`transforms.md` §4.7; scipy `convolve1d(mode='constant')` axis by axis). Sums are float64, each pass is stored as float32.
 *
 * @param sigmas standard deviation in voxels per axis of the volume; 0 leaves an axis alone
 */
export function smoothGaussian(volume: Volume, sigmas: readonly number[]): Volume<Float32Array> {
  if (!isDense(volume)) throw new Error('a volume with gaps between its elements cannot be filtered');
  const size = volume.shape.reduce((a, b) => a * b, 1);
  let from = allocate(Float32Array, size);
  from.set(volume.data.subarray(0, size));
  let to = allocate(Float32Array, size);
  sigmas.forEach((sigma, d) => {
    if (!(sigma > 0)) return;
    filterAxis(from, to, volume.shape[d], volume.strides[d], gaussianKernel(sigma));
    [from, to] = [to, from];
  });
  return { ...volume, data: from };
}

/** The lines of an axis of `n` voxels lie `stride` apart, `stride` lines side by side: a block of n · stride voxels after the other. */
function filterAxis(from: Float32Array, to: Float32Array, n: number, stride: number, kernel: Float64Array): void {
  const tail = (kernel.length - 1) / 2;
  const sums = new Float64Array(stride);
  for (let block = 0; block < from.length; block += n * stride) {
    for (let j = 0; j < n; j++) {
      sums.fill(0);
      const last = j + tail < n ? j + tail : n - 1;
      for (let i = j > tail ? j - tail : 0; i <= last; i++) {
        const weight = kernel[i - j + tail];
        const at = block + i * stride;
        for (let k = 0; k < stride; k++) sums[k] += weight * from[at + k];
      }
      to.set(sums, block + j * stride);
    }
  }
}
