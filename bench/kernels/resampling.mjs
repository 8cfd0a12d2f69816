import { kernels } from './kernels.mjs';

const maps = kernels;
const { resampleLinear } = kernels;
const { resampleNearest } = kernels;
const { resampleArea, areaMap } = kernels;
const { resampleAffine } = kernels;
const { pasteNearest } = kernels;

/** Order x, y, z here; the reference program has z first. */
const SMALL = [341, 341, 150];
const STEPS = [1.4531, 1.4531, 1.3071];
const SPACED = [353, 353, 153];
const OBLIQUE = [
  1.3979437, -0.0719283, 0.0153619, 7.1393331, 0.0811239, 1.4013577, -0.0317961, -2.2171791, -0.0131823, 0.0213457,
  1.2517349, 0.3137113,
];

/** 512 × 512 × 200 voxels of 0.977 × 0.977 × 2 mm, with voxels of 1.5 mm. */
const AT_1_5_MM = [333, 333, 267];

/** The volume at 1.5 mm, as the reference makes it of the same numbers. */
let fine;
const at15 = ({ float }) => (fine ??= kernels.resizeSpline(float, AT_1_5_MM, { order: 3 }));

const scaled = (shape) => SMALL.map((m, d) => Math.min(m, shape[d]));
const along = (map, shape, target, more = []) => target.map((m, d) => map(shape[d], m, more[d]));

export const cases = [
  {
    name: 'linear, ends on ends, int16 to 341 × 341 × 150',
    kernel: 'resample-linear',
    reference: 'zoom_linear',
    by: 'scipy zoom, order 1',
    aim: 5,
    reads: ['image'],
    make:
      ({ image, shape }) =>
      () =>
        resampleLinear(image, along(maps.alignCornersMap, shape, scaled(shape))).data,
  },
  {
    name: 'linear, new spacing, int16 to 353 × 353 × 153',
    kernel: 'resample-linear',
    reference: 'spacing_linear',
    by: 'scipy affine_transform, diagonal, order 1',
    aim: 5,
    reads: ['image'],
    make:
      ({ image, shape }) =>
      () =>
        resampleLinear(image, along(maps.spacingMap, shape, SPACED, STEPS)).data,
  },
  {
    name: 'linear, half a voxel at the ends, float32 to 341 × 341 × 150',
    kernel: 'resample-linear',
    reference: 'torch_linear',
    by: 'torch interpolate, trilinear',
    threads: true,
    // torch computes positions in float32.
    tolerance: 1e-4,
    reads: ['float'],
    make:
      ({ float, shape }) =>
      () =>
        resampleLinear(float, along(maps.halfPixelMap, shape, scaled(shape))).data,
  },
  {
    name: 'nearest, ends on ends, int16 to 341 × 341 × 150',
    kernel: 'resample-nearest',
    reference: 'zoom_nearest',
    by: 'scipy zoom, order 0',
    aim: 5,
    tolerance: 0,
    reads: ['image'],
    make:
      ({ image, shape }) =>
      () =>
        resampleNearest(image, along(maps.nearestAlignCornersMap, shape, scaled(shape))).data,
  },
  {
    name: 'nearest, new spacing, int16 to 353 × 353 × 153',
    kernel: 'resample-nearest',
    reference: 'spacing_nearest',
    by: 'scipy affine_transform, diagonal, order 0',
    aim: 5,
    tolerance: 0,
    reads: ['image'],
    make:
      ({ image, shape }) =>
      () =>
        resampleNearest(image, along(maps.nearestSpacingMap, shape, SPACED, STEPS)).data,
  },
  {
    name: 'nearest, labels of 341 × 341 × 150 back to the full grid, uint8',
    kernel: 'resample-nearest',
    reference: 'labels_back',
    by: 'scipy zoom, order 0',
    aim: 5,
    tolerance: 0,
    reads: ['labels'],
    make: ({ labels, shape }) => {
      const small = corner(labels, scaled(shape));
      return () => resampleNearest(small, along(maps.nearestAlignCornersMap, small.shape, shape)).data;
    },
  },
  {
    name: 'nearest, half a voxel at the ends, float32 to 341 × 341 × 150',
    kernel: 'resample-nearest',
    reference: 'torch_nearest',
    by: 'torch interpolate, nearest-exact',
    threads: true,
    tolerance: 0,
    reads: ['float'],
    make:
      ({ float, shape }) =>
      () =>
        resampleNearest(float, along(maps.nearestMap, shape, scaled(shape))).data,
  },
  {
    name: 'mean of the area, float32 to 341 × 341 × 150',
    kernel: 'resample-area',
    reference: 'torch_area',
    by: 'torch interpolate, area',
    threads: true,
    reads: ['float'],
    make:
      ({ float, shape }) =>
      () =>
        resampleArea(float, along(areaMap, shape, scaled(shape))).data,
  },
  {
    name: 'oblique grid, linear, int16 to 341 × 341 × 150',
    kernel: 'resample-affine',
    reference: 'oblique_linear',
    by: 'scipy affine_transform, order 1',
    aim: 5,
    reads: ['image'],
    make:
      ({ image, shape }) =>
      () =>
        resampleAffine(image, OBLIQUE, scaled(shape), false).data,
  },
  {
    name: 'oblique grid, linear, float32 to 341 × 341 × 150',
    kernel: 'resample-affine',
    reference: 'torch_oblique',
    by: 'torch grid_sample (MONAI Spacing)',
    threads: true,
    tolerance: 1e-3,
    reads: ['float'],
    make:
      ({ float, shape }) =>
      () =>
        resampleAffine(float, OBLIQUE, scaled(shape), false).data,
  },
  {
    name: 'oblique grid, nearest, int16 to 341 × 341 × 150',
    kernel: 'resample-affine',
    reference: 'oblique_nearest',
    by: 'scipy affine_transform, order 0',
    aim: 5,
    tolerance: 0,
    reads: ['image'],
    make:
      ({ image, shape }) =>
      () =>
        resampleAffine(image, OBLIQUE, scaled(shape), true).data,
  },
  ...[
    { by: 'scipy zoom, order 3', reference: 'zoom_cubic', aim: 10 },
    { by: 'scikit-image resize, order 3', reference: 'resize_cubic', aim: 3 },
  ].flatMap(({ by, reference, aim }) => [
    {
      name: 'cubic B-splines, float32 to 1.5 mm',
      kernel: 'resize-spline',
      reference,
      by,
      aim,
      rounds: 1,
      tolerance: 1e-7,
      reads: ['float'],
      make:
        ({ float }) =>
        () =>
          kernels.resizeSpline(float, scaledTo(float, AT_1_5_MM), { order: 3 }).data,
    },
    {
      name: 'cubic B-splines, float32 from 1.5 mm back',
      kernel: 'resize-spline',
      reference: `${reference}_back`,
      by,
      aim,
      rounds: 1,
      tolerance: 1e-7,
      reads: ['float'],
      make: (inputs) => {
        const { float } = inputs;
        const small = float.shape[0] === 512 ? at15(inputs) : float;
        return () => kernels.resizeSpline(small, float.shape, { order: 3 }).data;
      },
    },
  ]),
  {
    name: 'linear, added up as scipy does, float32 to 1.5 mm',
    kernel: 'linear-planes',
    reference: 'resize_linear',
    by: 'scikit-image resize, order 1',
    aim: 5,
    rounds: 1,
    tolerance: 0,
    reads: ['float'],
    make:
      ({ float }) =>
      () =>
        kernels.resizeSpline(float, scaledTo(float, AT_1_5_MM), { order: 1 }).data,
  },
  {
    name: 'crop pasted back by look-up, int16',
    kernel: 'paste-nearest',
    reference: 'pasted',
    by: 'numpy ix_',
    tolerance: 0,
    reads: ['image'],
    make: ({ image, shape }) => {
      const small = corner(image, scaled(shape));
      const target = shape.map((n, d) => insetMap(n, small.shape[d]));
      return () => {
        const data = new image.data.constructor(new SharedArrayBuffer(image.data.byteLength));
        pasteNearest(small, target, { ...image, data });
        return data;
      };
    },
  },
];

const scaledTo = ({ shape }, lengths) => (shape[0] === 512 ? lengths : shape);

/** The first voxels of a volume, packed. */
function corner({ data, strides, axes, properties }, size) {
  const out = new data.constructor(new SharedArrayBuffer(size.reduce((a, b) => a * b) * data.BYTES_PER_ELEMENT));
  let at = 0;
  for (let z = 0; z < size[2]; z++) {
    for (let y = 0; y < size[1]; y++, at += size[0]) {
      const from = y * strides[1] + z * strides[2];
      out.set(data.subarray(from, from + size[0]), at);
    }
  }
  return { axes, properties, data: out, shape: size, strides: [1, size[0], size[0] * size[1]] };
}

/** Ten voxels at either end are left as they are. */
function insetMap(n, m) {
  if (n <= 20) return maps.nearestMap(m, n);
  const inner = n - 20;
  return Int32Array.from({ length: n }, (_, i) =>
    i < 10 || i >= n - 10 ? -1 : Math.floor(((i - 10 + 0.5) * m) / inner),
  );
}
