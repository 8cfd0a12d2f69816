import { allocateUnset } from './inputs.mjs';
import { kernels } from './kernels.mjs';

const { scatterAdd } = kernels;
const { divideByCoverage, divideByWeights } = kernels;
const { clear, copyInto, viewOf } = kernels;

const CHANNELS = 4;
const STEPS = [2, 3, 2];

/** Channels slowest, the last axis fastest. */
const volumeOf = (data, shape) => ({
  data,
  shape,
  strides: shape.map((_, d) => shape.slice(d + 1).reduce((a, b) => a * b, 1)),
  axes: shape.length === 4 ? 'CXYZ' : 'XYZ',
  properties: {},
});

const floatsOf = (data) => (data instanceof Float32Array ? data : Float32Array.from(data));
/** Not zero, and not the same everywhere. */
const weightOf = (i) => 0.25 + (i % 97) / 128;

function weightsOf(length) {
  const weights = allocateUnset(Float32Array, length);
  for (let i = 0; i < length; i++) weights[i] = weightOf(i);
  return weights;
}

/** Sums of 12 windows that overlap by a sixth of their length. */
function windows(logits, weighted) {
  const small = logits.length < 1e6;
  const [roi, step, length] = small ? [6, 5, 12] : [96, 80, 200];
  const values = floatsOf(logits);
  const size = [CHANNELS, roi, roi, roi];
  const shape = [CHANNELS, roi + step, roi + 2 * step, length];
  const weights = weighted ? weightsOf(roi ** 3) : undefined;
  return () => {
    const sums = volumeOf(
      allocateUnset(
        Float32Array,
        shape.reduce((a, b) => a * b),
      ),
      shape,
    );
    clear(sums);
    let at = 0;
    for (let x = 0; x < STEPS[0]; x++)
      for (let y = 0; y < STEPS[1]; y++)
        for (let z = 0; z < STEPS[2]; z++, at += CHANNELS * roi ** 3)
          scatterAdd(sums, [0, x * step, y * step, z * (length - roi)], size, values, at, weights);
    return sums.data;
  };
}

const lengths = (logits) => (logits.length < 1e6 ? [4, 24, 32] : [50, 512, 512]);

export const cases = [
  {
    name: '12 windows of 4 × 96 × 96 × 96 added, float32',
    kernel: 'scatter-add',
    reference: 'numpy_windows',
    by: 'numpy +=',
    tolerance: 0,
    reads: [],
    make: ({ logits }) => windows(logits, false),
  },
  {
    name: 'the same with weights',
    kernel: 'scatter-add',
    reference: 'torch_weighted_windows',
    by: 'torch * and +=, as MONAI',
    threads: true,
    reads: [],
    make: ({ logits }) => windows(logits, true),
  },
  {
    name: '4 channels of 50 × 512 × 512 by how many windows cover a voxel, float32',
    kernel: 'coverage',
    reference: 'numpy_coverage',
    by: 'numpy /',
    tolerance: 0,
    reads: ['logits'],
    make: ({ logits }) => {
      const shape = lengths(logits);
      const sums = volumeOf(floatsOf(logits), [CHANNELS, ...shape]);
      const counts = shape.map((n) => Float64Array.from({ length: n }, (_, i) => 1 + (i % 5 === 0)));
      return () => {
        const out = { ...sums, data: allocateUnset(Float32Array, logits.length) };
        divideByCoverage(sums, counts, out);
        return out.data;
      };
    },
  },
  {
    name: 'the same by a map of weights',
    kernel: 'coverage',
    reference: 'torch_by_weights',
    by: 'torch /',
    threads: true,
    tolerance: 0,
    reads: ['logits'],
    make: ({ logits }) => {
      const shape = lengths(logits);
      const sums = volumeOf(floatsOf(logits), [CHANNELS, ...shape]);
      const weights = volumeOf(weightsOf(logits.length / CHANNELS), shape);
      return () => {
        const out = { ...sums, data: allocateUnset(Float32Array, logits.length) };
        divideByWeights(sums, weights, out);
        return out.data;
      };
    },
  },
  {
    name: 'axes reversed, slice by slice, bytes',
    kernel: 'boxes',
    reference: 'numpy_slices',
    by: 'numpy, slices assigned',
    tolerance: 0,
    reads: ['labels'],
    make: ({ labels: { data, shape } }) => {
      const [nx, ny, nz] = shape;
      const source = volumeOf(data, shape);
      return () => {
        const target = { ...source, data: allocateUnset(data.constructor, data.length), strides: [1, nx, nx * ny] };
        for (let y = 0; y < ny; y++) {
          const slice = { start: [0, y, 0], size: [nx, 1, nz] };
          copyInto(viewOf(source, slice), viewOf(target, slice));
        }
        return target.data;
      };
    },
  },
];
