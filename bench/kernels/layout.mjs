import { allocateUnset } from './inputs.mjs';
import { kernels } from './kernels.mjs';

const { copyElements } = kernels;
const { copyStrided } = kernels;
const { gather } = kernels;
const { cutBox } = kernels;

const zero = [0, 0, 0];
const product = (shape) => shape.reduce((a, b) => a * b);

export const cases = [
  {
    name: 'plain copy, int16',
    kernel: '',
    reference: 'plain_copy',
    by: 'numpy copy',
    tolerance: 0,
    reads: ['image'],
    make:
      ({ image }) =>
      () => {
        const out = allocateUnset(image.data.constructor, image.data.length);
        copyElements(image.data, out);
        return out;
      },
  },
  {
    name: 'axes reversed, two of them turned, int16',
    kernel: 'blocks',
    reference: 'reversed_axes',
    by: 'numpy ascontiguousarray',
    tolerance: 0,
    reads: ['image'],
    make:
      ({ image: { data }, shape: [nx, ny, nz] }) =>
      () =>
        copyStrided(data, (nx - 1) * ny * nz + (ny - 1) * nz, [nx, ny, nz], [-ny * nz, -nz, 1]),
  },
  {
    name: 'tensor in C order, int16 to float32',
    kernel: 'gather',
    reference: 'tensor',
    by: 'numpy ascontiguousarray',
    tolerance: 0,
    reads: ['image'],
    make:
      ({ image, shape }) =>
      () => {
        const out = allocateUnset(Float32Array, image.data.length);
        gather(image, zero, shape, out);
        return out;
      },
  },
  {
    name: 'tensor in C order with mirrored borders, int16',
    kernel: 'gather',
    reference: 'mirrored',
    by: 'numpy pad, ascontiguousarray',
    tolerance: 0,
    reads: ['image'],
    make: ({ image, shape: [nx, ny, nz] }) => {
      const part = { ...image, shape: [nx, ny, Math.ceil(nz * 0.9)] };
      const size = [nx + 16, ny + 16, part.shape[2] + 30];
      return () => {
        const out = allocateUnset(image.data.constructor, product(size));
        gather(part, [-8, -8, -10], size, out, 0, { mode: 'reflect' });
        return out;
      };
    },
  },
  {
    name: 'box of 450 × 450 × 208, zeros outside, int16',
    kernel: 'cut-box',
    reference: 'box',
    by: 'numpy pad',
    tolerance: 0,
    reads: ['image'],
    make:
      ({ image, shape: [nx, ny, nz] }) =>
      () =>
        cutBox(image, [30, 20, -4], [Math.min(450, nx), Math.min(450, ny), nz + 8]).data,
  },
];
