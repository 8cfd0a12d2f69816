import { kernels } from './kernels.mjs';

const { argmax } = kernels;
const { softmax } = kernels;
const { oneHot } = kernels;
const { labelGroups } = kernels;
const { keepLabels, anyChannel, weightedSum } = kernels;
const { threshold } = kernels;
const { repeatBlocks } = kernels;
const { combine, choose } = kernels;

const halves = (data) => [data.subarray(0, data.length / 2), data.subarray(data.length / 2)];

export const cases = [
  {
    name: 'argmax of 4 channels of 512 × 512 × 50, float32 to bytes',
    kernel: 'argmax',
    reference: 'torch_argmax',
    by: 'torch argmax',
    threads: true,
    tolerance: 0,
    reads: ['logits'],
    make:
      ({ logits }) =>
      () =>
        argmax(logits, 4),
  },
  {
    name: 'argmax of 4 channels of 512 × 512 × 50, float32 to bytes',
    kernel: 'argmax',
    reference: 'numpy_argmax',
    by: 'numpy argmax',
    tolerance: 0,
    reads: ['logits'],
    make:
      ({ logits }) =>
      () =>
        argmax(logits, 4),
  },
  {
    name: 'argmax of 2 channels of 512 × 512 × 100, float32 to bytes',
    kernel: 'argmax',
    reference: 'torch_argmax_of_two',
    by: 'torch argmax',
    threads: true,
    tolerance: 0,
    reads: ['logits'],
    make:
      ({ logits }) =>
      () =>
        argmax(logits, 2),
  },
  {
    name: 'softmax of 4 channels of 512 × 512 × 50, float32',
    kernel: 'softmax',
    reference: 'torch_softmax',
    by: 'torch softmax',
    threads: true,
    reads: ['logits'],
    make:
      ({ logits }) =>
      () =>
        softmax(logits, 4),
  },
  {
    name: 'softmax of 2 channels of 512 × 512 × 100, float32',
    kernel: 'softmax',
    reference: 'torch_softmax_of_two',
    by: 'torch softmax',
    threads: true,
    reads: ['logits'],
    make:
      ({ logits }) =>
      () =>
        softmax(logits, 2),
  },
  {
    name: '4 channels of 512 × 512 × 50 out of labels, bytes',
    kernel: 'one-hot',
    reference: 'monai_one_hot',
    by: 'MONAI one_hot',
    threads: true,
    tolerance: 0,
    reads: ['labels'],
    make: ({ labels }) => {
      const small = labels.data.slice(0, labels.data.length / 4).map((label) => label % 4);
      return () => oneHot(small, 4);
    },
  },
  {
    name: 'three groups of labels, bytes',
    kernel: 'label-groups',
    reference: 'numpy_groups',
    by: 'numpy isin',
    tolerance: 0,
    reads: ['labels'],
    make: ({ labels }) => () => labelGroups(labels.data, [[1, 4], [1, 2, 4], [4]]), // prettier-ignore
  },
  {
    name: 'four labels stay, bytes',
    kernel: 'point-wise',
    reference: 'monai_filter',
    by: 'MONAI LabelFilter',
    threads: true,
    tolerance: 0,
    reads: ['labels'],
    make:
      ({ labels }) =>
      () =>
        keepLabels(labels.data, [1, 2, 5, 40]),
  },
  {
    name: 'any of 4 channels above 0, float32 to bytes',
    kernel: 'point-wise',
    reference: 'numpy_any',
    by: 'numpy any',
    tolerance: 0,
    reads: ['logits'],
    make:
      ({ logits }) =>
      () =>
        anyChannel(logits, 4),
  },
  {
    name: 'weighted mean of two arrays, float32',
    kernel: 'point-wise',
    reference: 'monai_mean',
    by: 'MONAI MeanEnsemble',
    threads: true,
    reads: ['logits'],
    make:
      ({ logits }) =>
      () =>
        weightedSum(halves(logits), [0.25, 0.75]),
  },
  {
    name: 'at least 0.5, float32 to bytes',
    kernel: 'threshold',
    reference: 'numpy_threshold',
    by: 'numpy >=, astype',
    tolerance: 0,
    reads: ['float'],
    make:
      ({ float }) =>
      () =>
        threshold(float.data, 0.5, true),
  },
  {
    name: 'each half twice, int16',
    kernel: 'blocks',
    reference: 'numpy_repeat',
    by: 'numpy repeat',
    tolerance: 0,
    reads: ['image'],
    make:
      ({ image }) =>
      () =>
        repeatBlocks(image.data, 2, 2),
  },
  {
    name: 'sum of two arrays, float32',
    kernel: 'combine',
    reference: 'numpy_sum',
    by: 'numpy +',
    tolerance: 0,
    reads: ['logits'],
    make: ({ logits }) => {
      const [a, b] = halves(logits);
      return () => combine('+', a, b, a.length);
    },
  },
  {
    name: 'above 100, float32 to bytes',
    kernel: 'combine',
    reference: 'numpy_larger',
    by: 'numpy >',
    tolerance: 0,
    reads: ['float'],
    make:
      ({ float }) =>
      () =>
        combine('>', float.data, 100, float.data.length),
  },
  {
    name: 'values in a mask, else -1000, float32',
    kernel: 'combine',
    reference: 'numpy_where',
    by: 'numpy where',
    tolerance: 0,
    reads: ['float', 'mask'],
    make:
      ({ float, mask }) =>
      () =>
        choose(mask.data, float.data, -1000),
  },
];
