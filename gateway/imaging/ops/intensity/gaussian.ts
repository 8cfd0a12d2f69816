import { allocateUnset } from '../../../arena';
import { copyElements } from '../../simd/copy';
import { alike, LEAD, leadOf } from '../../simd/rows';
import { simdCode } from '../../simd/simd-code';
import type { NumericArray, Volume } from '../../volume';
import { isDense } from '../copy/layout';

/**
 * The error function, absolute error below 1e-15: Maclaurin series near zero, continued fraction of erfc beyond.
 * Abramowitz & Stegun, Handbook of Mathematical Functions, 7.1.6 and 7.1.14.
 */
export function erf(x: number): number {
  const z = Math.abs(x);
  const value = z < 2.5 ? series(z) : z > 6 ? 1 : 1 - continuedFraction(z);
  return x < 0 ? -value : value;
}

/** `2/sqrt(pi) * exp(-z²) * Σ 2^n z^(2n+1) / (1·3·…·(2n+1))`: all terms positive, so nothing cancels. */
function series(z: number): number {
  let term = z;
  let sum = z;
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= (2 * z * z) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z) * sum;
}

/** erfc for z >= 2.5, from the far end of the fraction to its head. */
function continuedFraction(z: number): number {
  let tail = 0;
  for (let n = 60; n > 0; n--) tail = n / 2 / (z + tail);
  return Math.exp(-z * z) / Math.sqrt(Math.PI) / (z + tail);
}

/**
 * A gaussian integrated over each voxel: `0.5 * (erf(t(x + 0.5)) - erf(t(x - 0.5)))`, t = 0.70710678 / sigma, from -tail to tail with
 * tail = int(max(4 sigma, 0.5) + 0.5). Not renormalised.
 * @param sigma standard deviation in voxels
 */
export function gaussianKernel(sigma: number): Float64Array {
  const tail = Math.trunc(Math.max(4 * sigma, 0.5) + 0.5);
  const t = 0.70710678 / sigma;
  return Float64Array.from({ length: 2 * tail + 1 }, (_, n) => {
    const x = n - tail;
    return 0.5 * (erf(t * (x + 0.5)) - erf(t * (x - 0.5)));
  });
}

/** Voxels that are copied and filtered together: they stay in the cache. */
const PIECE = 1 << 18;
/** Lines side by side, at least. */
const LEAST_ABREAST = 64;

/**
 * Filters a gapless volume along the given axes with the gaussian of `gaussianKernel`; outside the volume there are zeros
 * (scipy `convolve1d(mode='constant')` axis by axis). Sums are float64, each pass is stored as float32.
 * @param sigmas standard deviation in voxels per axis of the volume; 0 leaves an axis alone
 */
export function smoothGaussian(volume: Volume, sigmas: readonly number[]): Volume<Float32Array> {
  if (!isDense(volume)) throw new Error('a volume with gaps between its elements cannot be filtered');
  const size = volume.shape.reduce((a, b) => a * b, 1);
  let from = allocateUnset(Float32Array, size);
  copyElements(volume.data.subarray(0, size) as NumericArray, from);
  let to = allocateUnset(Float32Array, size);
  sigmas.forEach((sigma, d) => {
    if (!(sigma > 0)) return;
    filterAxis(from, to, volume.shape[d], volume.strides[d], gaussianKernel(sigma));
    [from, to] = [to, from];
  });
  return { ...volume, data: from };
}

/** The lines of an axis of `n` voxels lie side by side, `stride` of them, in blocks of n · stride voxels. They are put between zeros. */
function filterAxis(from: Float32Array, to: Float32Array, n: number, stride: number, kernel: Float64Array): void {
  if (stride === 1) return filterLines(from, to, n, kernel);
  const abreast = Math.min(stride, Math.max(LEAST_ABREAST, Math.ceil(PIECE / n)));
  const tail = (kernel.length - 1) / 2;
  const pitch = alike(abreast, stride, from.BYTES_PER_ELEMENT);
  const { code, blocks } = simdCode({
    kernel: [Float64Array, kernel.length],
    from: [Float32Array, (n + 2 * tail) * pitch + LEAD],
    to: [Float32Array, pitch + LEAD],
  });
  blocks.kernel.array.set(kernel);
  for (let block = 0; block < from.length; block += n * stride) {
    for (let side = 0; side < stride; side += abreast) {
      const count = Math.min(abreast, stride - side);
      const lead = leadOf(from, block + side);
      blocks.from.array.fill(0, 0, lead + tail * pitch);
      blocks.from.array.fill(0, lead + (tail + n) * pitch);
      for (let j = 0, at = block + side; j < n; j++, at += stride)
        blocks.from.array.set(from.subarray(at, at + count), lead + (tail + j) * pitch);
      for (let j = 0, at = block + side; j < n; j++, at += stride) {
        const [sums, words] = [leadOf(to, at), from.BYTES_PER_ELEMENT];
        const first = blocks.from.at + (lead + j * pitch) * words;
        code.weightedSums(first, pitch * words, blocks.kernel.at, kernel.length, count, blocks.to.at + sums * words);
        to.set(blocks.to.array.subarray(sums, sums + count), at);
      }
    }
  }
}

/** The same for lines whose voxels follow each other. */
function filterLines(from: Float32Array, to: Float32Array, n: number, kernel: Float64Array): void {
  const tail = (kernel.length - 1) / 2;
  const { code, blocks } = simdCode({
    kernel: [Float64Array, kernel.length],
    from: [Float32Array, n + 2 * tail + LEAD],
    to: [Float32Array, n + LEAD],
  });
  blocks.kernel.array.set(kernel);
  for (let at = 0; at < from.length; at += n) {
    const lead = leadOf(from, at, tail);
    blocks.from.array.fill(0, 0, lead + tail);
    blocks.from.array.set(from.subarray(at, at + n), lead + tail);
    blocks.from.array.fill(0, lead + tail + n);
    const [sums, words] = [leadOf(to, at), from.BYTES_PER_ELEMENT];
    code.weightedSums(blocks.from.at + lead * words, words, blocks.kernel.at, kernel.length, n, blocks.to.at + sums * words); // prettier-ignore
    to.set(blocks.to.array.subarray(sums, sums + n), at);
  }
}
