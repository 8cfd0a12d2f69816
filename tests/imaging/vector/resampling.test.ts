import { halfPixelMap, nearestMap } from '../../../gateway/imaging/kernels/axis-maps';
import { resampleAffine } from '../../../gateway/imaging/kernels/resample-affine';
import { areaMap, resampleArea } from '../../../gateway/imaging/kernels/resample-area';
import { resampleLinear } from '../../../gateway/imaging/kernels/resample-linear';
import { resampleNearest } from '../../../gateway/imaging/kernels/resample-nearest';
import { smoothGaussian } from '../../../gateway/imaging/kernels/smooth-gaussian';
import { gaussianKernel } from '../../../gateway/imaging/kernels/gaussian-kernel';
import type { NumericArray, Volume } from '../../../gateway/imaging/volume';
import { expectClose, inCOrder } from '../kernels/volumes';
import { arrayOf, numbers, TYPES } from './arrays';

type Three = [number, number, number];

/** A volume with its axes in any order in memory and, when `apart` is more than 1, with gaps between its voxels. */
function volume(type: (typeof TYPES)[number], shape: Three, memory: Three = [0, 1, 2], apart = 1): Volume {
  const strides: Three = [0, 0, 0];
  let step = apart;
  for (const d of memory) {
    strides[d] = step;
    step *= shape[d];
  }
  return { data: arrayOf(type, step) as NumericArray, shape, strides, axes: 'XYZ', properties: {} };
}

const at = ({ data, strides }: Volume, [x, y, z]: readonly number[]) => data[x * strides[0] + y * strides[1] + z * strides[2]]; // prettier-ignore

/** All voxels of a grid in C order, each made by `voxel`. */
function every([nx, ny, nz]: Three, voxel: (place: Three) => number): number[] {
  const values: number[] = [];
  for (let x = 0; x < nx; x++) for (let y = 0; y < ny; y++) for (let z = 0; z < nz; z++) values.push(voxel([x, y, z]));
  return values;
}

const axes: readonly number[] = [0, 1, 2];
const CORNERS = [0, 1, 2, 3, 4, 5, 6, 7].map((n): Three => [n & 1, (n >> 1) & 1, n >> 2]);

/** Trilinear at a position within the volume. */
function linearAt(of: Volume, position: readonly number[]): number {
  const low = axes.map((d) => Math.min(Math.floor(position[d]), Math.max(of.shape[d] - 2, 0)));
  return CORNERS.reduce((sum, corner) => {
    const weight = axes.reduce((w, d) => w * (corner[d] ? position[d] - low[d] : 1 - position[d] + low[d]), 1);
    return weight === 0 ? sum : sum + weight * at(of, axes.map((d) => low[d] + corner[d])); // prettier-ignore
  }, 0);
}

const SIZES: [from: Three, to: Three][] = [
  [[1, 1, 1], [3, 2, 1]],
  [[1, 7, 5], [4, 1, 9]],
  [[40, 9, 4], [7, 70, 3]],
  [[33, 140, 3], [50, 93, 5]],
  [[150, 5, 2], [20, 3, 7]],
]; // prettier-ignore
const ORDERS: Three[] = [[0, 1, 2], [2, 1, 0], [1, 2, 0]]; // prettier-ignore

const cases = TYPES.flatMap((type, n) =>
  SIZES.map(([from, to], m) => {
    const [memory, apart] = [ORDERS[(n + m) % 3], 1 + ((n + m) % 2) * 2];
    return [`${from} to ${to}, ${type.name}, memory ${memory}, ${apart} apart`, volume(type, from, memory, apart), to] as const; // prettier-ignore
  }),
);

describe.each(cases)('%s, voxel by voxel as written out', (_, from, to) => {
  test('linear along the axes', () => {
    const maps = axes.map((d) => halfPixelMap(from.shape[d], to[d]));
    const position = (place: Three) => axes.map((d) => maps[d].below[place[d]] + maps[d].weight[place[d]]);
    expectClose(inCOrder(resampleLinear(from, maps)), every(to, (place) => linearAt(from, position(place))), 1e-6); // prettier-ignore
  });

  test('nearest along the axes', () => {
    const maps = axes.map((d) => nearestMap(from.shape[d], to[d]));
    const result = resampleNearest(from, maps);
    expect(result.data.constructor).toBe(from.data.constructor);
    expect(inCOrder(result)).toEqual(every(to, (place) => at(from, axes.map((d) => maps[d][place[d]])))); // prettier-ignore
  });

  test('mean of the area', () => {
    const maps = axes.map((d) => areaMap(from.shape[d], to[d]));
    const mean = (place: Three) => {
      const [low, high] = (['start', 'end'] as const).map((end) => axes.map((d) => maps[d][end][place[d]]));
      const box = axes.map((d) => high[d] - low[d]) as Three;
      const values = every(box, (step) => at(from, axes.map((d) => low[d] + step[d]))); // prettier-ignore
      return values.reduce((a, b) => a + b) / values.length;
    };
    expectClose(inCOrder(resampleArea(from, maps)), every(to, mean), 1e-6);
  });

  test('on an oblique grid that leaves the volume', () => {
    const next = numbers(from.shape[0] * 7 + to[1], 1000);
    const turn = () => (next.next().value - 500) / 1500;
    const matrix = axes.flatMap((d) => [...axes.map((e) => (d === e ? from.shape[d] / to[d] : 0) + turn()), turn()]);
    const position = (place: Three) =>
      axes.map((d) => {
        const [a, b, c, origin] = matrix.slice(4 * d);
        const x = a * place[0] + (b * place[1] + c * place[2] + origin);
        return Math.min(Math.max(x, 0), from.shape[d] - 1);
      });
    expectClose(inCOrder(resampleAffine(from, matrix, to, false)), every(to, (place) => linearAt(from, position(place))), 1e-6); // prettier-ignore
    const nearest = resampleAffine(from, matrix, to, true);
    expect(nearest.data.constructor).toBe(from.data.constructor);
    expect(inCOrder(nearest)).toEqual(every(to, (place) => at(from, position(place).map((x) => Math.floor(x + 0.5))))); // prettier-ignore
  });
});

test('an oblique grid over a volume that is copied in several pieces', () => {
  const [from, to] = [volume(Float64Array, [140, 130, 150]), [60, 190, 110] as Three];
  const matrix = [1.9, 0.2, 0.3, -7, -0.4, 0.7, 0.2, 9, 0.1, -0.3, 1.4, 30];
  const position = (place: Three) =>
    axes.map((d) => {
      const [a, b, c, origin] = matrix.slice(4 * d);
      const x = a * place[0] + (b * place[1] + c * place[2] + origin);
      return Math.min(Math.max(x, 0), from.shape[d] - 1);
    });
  const result = resampleAffine(from, matrix, to, false);
  const next = numbers(3, 1 << 20);
  for (let n = 0; n < 20_000; n++) {
    const place = axes.map((d) => next.next().value % to[d]) as Three;
    const expected = linearAt(from, position(place));
    if (!(Math.abs(at(result, place) - expected) < 1e-4))
      throw new Error(`${place}: ${at(result, place)}, ${expected}`);
  }
});

test('a few voxels from all over a large volume', () => {
  const from = volume(Float64Array, [200, 180, 160]);
  const matrix = [60, 1, 2, 3.25, -1, 50, 4, 9.5, 2, 3, 45, 1.75];
  const position = ([i, j, k]: Three) => axes.map((d) => matrix[4 * d] * i + (matrix[4 * d + 1] * j + matrix[4 * d + 2] * k + matrix[4 * d + 3])); // prettier-ignore
  const to: Three = [3, 3, 3];
  expectClose(inCOrder(resampleAffine(from, matrix, to, false)), every(to, (place) => linearAt(from, position(place))), 1e-6); // prettier-ignore
});

test.each([[[9, 40, 5]], [[700, 3, 2]], [[5, 1, 300]]] as [Three][])('the gaussian of %j, as sums over its taps', (shape) => {
  const sigmas = [1.2, 0, 2.1];
  const from = volume(Float32Array, shape);
  const filtered = sigmas.reduce<Volume>((before, sigma, axis) => {
    if (sigma === 0) return before;
    const kernel = gaussianKernel(sigma);
    const tail = (kernel.length - 1) / 2;
    const values = new Float32Array(before.data.length);
    every(shape, (place) => {
      let sum = 0;
      for (let tap = 0; tap < kernel.length; tap++) {
        const there = place[axis] + tap - tail;
        if (there >= 0 && there < shape[axis]) sum += kernel[tap] * at(before, place.with(axis, there));
      }
      return (values[place.reduce((offset, x, d) => offset + x * from.strides[d], 0)] = sum);
    });
    return { ...before, data: values };
  }, from);
  expectClose(smoothGaussian(from, sigmas).data, filtered.data, 1e-6);
}); // prettier-ignore
