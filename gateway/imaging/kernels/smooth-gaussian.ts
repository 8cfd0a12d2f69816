import { allocate, type Volume } from '../volume';
import { gaussianKernel } from './gaussian-kernel';
import { isDense } from './layout';

/** Lines filtered side by side: their sums stay in the first cache. */
const ABREAST = 1024;

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
  if (stride === 1) return filterLines(from, to, n, kernel);
  const tail = (kernel.length - 1) / 2;
  const sums = new Float64Array(Math.min(stride, ABREAST));
  for (let block = 0; block < from.length; block += n * stride) {
    for (let side = 0; side < stride; side += ABREAST) {
      const abreast = Math.min(ABREAST, stride - side);
      for (let j = 0; j < n; j++) {
        const first = Math.max(j - tail, 0);
        const taps = Math.min(j + tail, n - 1) - first + 1;
        addTaps(from, block + side + first * stride, stride, kernel, first - j + tail, taps, sums, abreast);
        store(sums, to, block + side + j * stride, abreast);
      }
    }
  }
}

/** Lines whose voxels follow each other: each is put between zeros, where a step along it is a step of the whole line. */
function filterLines(from: Float32Array, to: Float32Array, n: number, kernel: Float64Array): void {
  const tail = (kernel.length - 1) / 2;
  const line = new Float32Array(n + 2 * tail);
  const sums = new Float64Array(n);
  for (let at = 0; at < from.length; at += n) {
    line.set(from.subarray(at, at + n), tail);
    addTaps(line, 0, 1, kernel, 0, kernel.length, sums, n);
    store(sums, to, at, n);
  }
}

/**
 * `sums[k] = Σ kernel[tap + t] * from[at + t * step + k]` over `taps` taps, in their order; four at a time, so that a sum is fetched and stored
 * once for four products.
 */
function addTaps(
  from: Float32Array,
  at: number,
  step: number,
  kernel: Float64Array,
  tap: number,
  taps: number,
  sums: Float64Array,
  n: number,
): void {
  sums.fill(0);
  let t = 0;
  for (; t + 4 <= taps; t += 4) {
    const [a, b, c, d] = [kernel[tap + t], kernel[tap + t + 1], kernel[tap + t + 2], kernel[tap + t + 3]];
    const p = at + t * step;
    const q = p + step;
    const r = q + step;
    const s = r + step;
    for (let k = 0; k < n; k++)
      sums[k] = sums[k] + a * from[p + k] + b * from[q + k] + c * from[r + k] + d * from[s + k];
  }
  for (; t < taps; t++) {
    const weight = kernel[tap + t];
    const p = at + t * step;
    for (let k = 0; k < n; k++) sums[k] += weight * from[p + k];
  }
}

function store(sums: Float64Array, to: Float32Array, at: number, n: number): void {
  for (let k = 0; k < n; k++) to[at + k] = sums[k];
}
