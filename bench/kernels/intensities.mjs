import { kernels } from './kernels.mjs';

const { scaleIntensityRange } = kernels;
const { normalizeIntensity } = kernels;
const { percentiles } = kernels;
const { valueRange } = kernels;
const { smoothGaussian } = kernels;
const { heatMap } = kernels;
const { shift, replaceBeyond, maskValues } = kernels;
const { sigmoid } = kernels;

const SIGMAS = [2, 1.5, 1];
const POINTS = [[300, 200, 100], [40, 30, 20], [10, 500, 150], [256, 256, 60], [511, 0, 199], [350, 400, 120]]; // prettier-ignore

export const cases = [
  {
    name: 'window with clip, int16 to float32',
    kernel: 'scale-intensity-range',
    reference: 'monai_window',
    by: 'MONAI ScaleIntensityRange',
    threads: true,
    reads: ['image'],
    make:
      ({ image }) =>
      () =>
        scaleIntensityRange(image.data, { aMin: -57, aMax: 164, bMin: 0, bMax: 1, clip: true }),
  },
  {
    name: 'window without clip, float32',
    kernel: 'scale-intensity-range',
    reference: 'monai_window_open',
    by: 'MONAI ScaleIntensityRange',
    threads: true,
    reads: ['float'],
    make:
      ({ float }) =>
      () =>
        scaleIntensityRange(float.data, { aMin: -57, aMax: 164, bMin: 0, bMax: 1 }),
  },
  {
    name: 'mean 0, deviation 1 of what is not 0, int16',
    kernel: 'normalize-nonzero',
    reference: 'monai_nonzero',
    by: 'MONAI NormalizeIntensity, nonzero',
    threads: true,
    reads: ['image'],
    make:
      ({ image }) =>
      () =>
        normalizeIntensity(image.data, { nonzero: true }),
  },
  {
    name: 'mean 0, deviation 1, float32',
    kernel: 'normalize-intensity',
    reference: 'monai_normalize',
    by: 'MONAI NormalizeIntensity',
    threads: true,
    reads: ['float'],
    make:
      ({ float }) =>
      () =>
        normalizeIntensity(float.data, { nonzero: false }),
  },
  {
    name: 'four percentiles, int16',
    kernel: 'percentiles',
    reference: 'numpy_percentiles',
    by: 'numpy percentile',
    reads: ['image'],
    make:
      ({ image }) =>
      () =>
        percentiles(image.data, [0.5, 5, 95, 99.5]),
  },
  {
    name: 'two percentiles, float32',
    kernel: 'percentiles',
    reference: 'numpy_percentiles_float',
    by: 'numpy percentile',
    reads: ['float'],
    make:
      ({ float }) =>
      () =>
        percentiles(float.data, [0.5, 99.5]),
  },
  {
    name: 'least and largest value, int16',
    kernel: 'value-range',
    reference: 'numpy_range',
    by: 'numpy min, max',
    tolerance: 0,
    reads: ['image'],
    make:
      ({ image }) =>
      () =>
        valueRange(image.data),
  },
  {
    name: 'least and largest value, float32',
    kernel: 'value-range',
    reference: 'numpy_range_float',
    by: 'numpy min, max',
    tolerance: 0,
    reads: ['float'],
    make:
      ({ float }) =>
      () =>
        valueRange(float.data),
  },
  {
    name: 'gaussian of 2, 1.5, 1 voxels, float32',
    kernel: 'smooth-gaussian',
    reference: 'scipy_smooth',
    by: 'scipy convolve1d',
    reads: ['float'],
    make:
      ({ float }) =>
      () =>
        smoothGaussian(float, SIGMAS).data,
  },
  {
    name: 'gaussian of 2, 1.5, 1 voxels, float32',
    kernel: 'smooth-gaussian',
    reference: 'monai_smooth',
    by: 'MONAI GaussianFilter',
    threads: true,
    reads: ['float'],
    make:
      ({ float }) =>
      () =>
        smoothGaussian(float, SIGMAS).data,
  },
  {
    name: 'heat map of six points',
    kernel: 'heat-map',
    reference: 'scipy_heat',
    by: 'scipy convolve1d',
    reads: [],
    make:
      ({ shape }) =>
      () =>
        heatMap(shape, POINTS, { sigma: 3, low: -1, high: 1 }),
  },
  {
    name: 'x + 1024.5, float32',
    kernel: 'point-wise',
    reference: 'monai_shift',
    by: 'MONAI ShiftIntensity',
    threads: true,
    reads: ['float'],
    make:
      ({ float }) =>
      () =>
        shift(float.data, 1024.5),
  },
  {
    name: 'values below -200 become -200, float32',
    kernel: 'point-wise',
    reference: 'monai_threshold',
    by: 'MONAI ThresholdIntensity',
    threads: true,
    tolerance: 0,
    reads: ['float'],
    make:
      ({ float }) =>
      () =>
        replaceBeyond(float.data, -200, 'above', -200),
  },
  {
    name: 'values outside a mask become 0, float32',
    kernel: 'point-wise',
    reference: 'monai_mask',
    by: 'MONAI MaskIntensity',
    threads: true,
    tolerance: 0,
    reads: ['float', 'mask'],
    make:
      ({ float, mask }) =>
      () =>
        maskValues(float.data, mask.data),
  },
  {
    name: 'sigmoid, float32',
    kernel: 'activations',
    reference: 'torch_sigmoid',
    by: 'torch sigmoid',
    threads: true,
    reads: ['logits'],
    make:
      ({ logits }) =>
      () =>
        sigmoid(logits),
  },
];
