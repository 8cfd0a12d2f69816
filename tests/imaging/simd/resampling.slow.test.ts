import { halfPixelMap, nearestMap } from '../../../gateway/imaging/ops/resample/axis-maps';
import { resampleAffine } from '../../../gateway/imaging/ops/resample/resample-affine';
import { areaMap, resampleArea } from '../../../gateway/imaging/ops/resample/resample-area';
import { resampleLinear } from '../../../gateway/imaging/ops/resample/resample-linear';
import { resampleNearest } from '../../../gateway/imaging/ops/resample/resample-nearest';
import { gaussianKernel, smoothGaussian } from '../../../gateway/imaging/ops/intensity/gaussian';
import type { NumericArray, Volume } from '../../../gateway/imaging/volume';
import { expectClose, inCOrder } from '../ops/volumes';
import { addressOf, allocateUnset, withScratch } from '../../../gateway/arena';
import { arrayOf, expectSame, inBothPlaces, numbers, TYPES, type Make } from './arrays';

type Three = [number, number, number];

/** A volume with its axes in any order in memory and, when `apart` is more than 1, with gaps between its voxels. */
function volume(make: Make, type: (typeof TYPES)[number], shape: Three, memory: Three = [0, 1, 2], apart = 1): Volume {
  const strides: Three = [0, 0, 0];
  let step = apart;
  for (const d of memory) {
    strides[d] = step;
    step *= shape[d];
  }
  return { data: arrayOf(type, step, 1, make) as NumericArray, shape, strides, axes: 'XYZ', properties: {} };
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
    const of = (make: Make) => volume(make, type, from, memory, apart);
    return [`${from} to ${to}, ${type.name}, memory ${memory}, ${apart} apart`, from, of, to] as const;
  }),
);

describe.each(cases)('%s, voxel by voxel as written out', (_, shape, of, to) => {
  /** Resamples a volume in both places, and compares with what `voxel` makes of it. */
  const compare = (voxel: (from: Volume) => (place: Three) => number, resample: (from: Volume) => Volume, tolerance = 0) => {
    let expected: number[] | undefined;
    inBothPlaces((make) => {
      const from = of(make);
      expected ??= every(to, voxel(from));
      const result = resample(from);
      if (tolerance === 0) expect(result.data.constructor).toBe(from.data.constructor);
      expectClose(inCOrder(result), expected, tolerance);
    });
  }; // prettier-ignore

  test('linear along the axes', () => {
    const maps = axes.map((d) => halfPixelMap(shape[d], to[d]));
    const position = (place: Three) => axes.map((d) => maps[d].below[place[d]] + maps[d].weight[place[d]]);
    compare((from) => (place) => linearAt(from, position(place)), (from) => resampleLinear(from, maps), 1e-6); // prettier-ignore
  });

  test('nearest along the axes', () => {
    const maps = axes.map((d) => nearestMap(shape[d], to[d]));
    compare((from) => (place) => at(from, axes.map((d) => maps[d][place[d]])), (from) => resampleNearest(from, maps)); // prettier-ignore
  });

  test('mean of the area', () => {
    const maps = axes.map((d) => areaMap(shape[d], to[d]));
    const mean = (from: Volume) => (place: Three) => {
      const [low, high] = (['start', 'end'] as const).map((end) => axes.map((d) => maps[d][end][place[d]]));
      const box = axes.map((d) => high[d] - low[d]) as Three;
      const values = every(box, (step) => at(from, axes.map((d) => low[d] + step[d]))); // prettier-ignore
      return values.reduce((a, b) => a + b) / values.length;
    };
    compare(mean, (from) => resampleArea(from, maps), 1e-6);
  });

  test('on an oblique grid that leaves the volume', () => {
    const next = numbers(shape[0] * 7 + to[1], 1000);
    const turn = () => (next.next().value - 500) / 1500;
    const matrix = axes.flatMap((d) => [...axes.map((e) => (d === e ? shape[d] / to[d] : 0) + turn()), turn()]);
    const position = (place: Three) =>
      axes.map((d) => {
        const [a, b, c, origin] = matrix.slice(4 * d);
        const x = a * place[0] + (b * place[1] + c * place[2] + origin);
        return Math.min(Math.max(x, 0), shape[d] - 1);
      });
    compare((from) => (place) => linearAt(from, position(place)), (from) => resampleAffine(from, matrix, to, false), 1e-6); // prettier-ignore
    const nearest = (place: Three) => position(place).map((x) => Math.floor(x + 0.5));
    compare(
      (from) => (place) => at(from, nearest(place)),
      (from) => resampleAffine(from, matrix, to, true),
    );
  });
});

test('an oblique grid over a volume that is copied in several pieces', () => {
  const to: Three = [60, 190, 110];
  const matrix = [1.9, 0.2, 0.3, -7, -0.4, 0.7, 0.2, 9, 0.1, -0.3, 1.4, 30];
  inBothPlaces((make) => {
    const from = volume(make, Float64Array, [140, 130, 150]);
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
});

test('a few voxels from all over a large volume', () => {
  const matrix = [60, 1, 2, 3.25, -1, 50, 4, 9.5, 2, 3, 45, 1.75];
  const position = ([i, j, k]: Three) => axes.map((d) => matrix[4 * d] * i + (matrix[4 * d + 1] * j + matrix[4 * d + 2] * k + matrix[4 * d + 3])); // prettier-ignore
  const to: Three = [3, 3, 3];
  inBothPlaces((make) => {
    const from = volume(make, Float64Array, [150, 140, 110]);
    expectClose(inCOrder(resampleAffine(from, matrix, to, false)), every(to, (place) => linearAt(from, position(place))), 1e-6); // prettier-ignore
  });
});

/** Resamplers that make `to` of `from`. */
const resamplers = (from: Three, to: Three): [string, (volume: Volume) => Volume][] => {
  const scales = axes.flatMap((d) => [0, 1, 2, 3].map((e) => (d === e ? from[d] / to[d] : 0.01)));
  return [
    ['linear', (volume) => resampleLinear(volume, axes.map((d) => halfPixelMap(from[d], to[d])))],
    ['nearest', (volume) => resampleNearest(volume, axes.map((d) => nearestMap(from[d], to[d])))],
    ['area', (volume) => resampleArea(volume, axes.map((d) => areaMap(from[d], to[d])))],
    ['affine', (volume) => resampleAffine(volume, scales, to, false)],
    ['nearest affine', (volume) => resampleAffine(volume, scales, to, true)],
  ];
}; // prettier-ignore

// Several bands of rows: of more than 64, and of more than 256 KB.
const BANDS: [from: Three, to: Three] = [
  [60, 70, 3],
  [601, 131, 2],
];

test.each(resamplers(...BANDS))('%s: each channel is made as if it were alone, in several bands', (_, resample) => {
  for (const type of [Int16Array, Float32Array]) {
    inBothPlaces((make) => {
      const [nx, ny, nz] = BANDS[0];
      const count = nx * ny * nz;
      const data = arrayOf(type, 2 * count, 1, make);
      const part = (c: number) => make(type as Float32ArrayConstructor, count).map((_unused, i) => data[c * count + i]);
      const strides = [1, nx, nx * ny];
      const alone = [0, 1].map((c) => inCOrder(resample({ data: part(c), shape: [nx, ny, nz], strides, axes: 'XYZ', properties: {} }))); // prettier-ignore
      const one = ({ data: voxels, shape, strides: steps }: Volume, c: number): Volume =>
        ({ data: voxels.subarray(c * steps[0]), shape: shape.slice(1), strides: steps.slice(1), axes: 'XYZ', properties: {} }); // prettier-ignore
      const slowest = resample({ data, shape: [2, nx, ny, nz], strides: [count, ...strides], axes: 'CXYZ', properties: {} }); // prettier-ignore
      const mixed = make(type as Float32ArrayConstructor, 2 * count).map((_unused, i) => data[(i % 2) * count + (i >> 1)]); // prettier-ignore
      const fastest = resample({ data: mixed, shape: [2, nx, ny, nz], strides: [1, ...strides.map((step) => 2 * step)], axes: 'CXYZ', properties: {} }); // prettier-ignore
      for (const [c, expected] of alone.entries()) {
        expectSame(inCOrder(one(slowest, c)), expected, `channel ${c}, slowest`);
        expectSame(inCOrder(one(fastest, c)), expected, `channel ${c}, fastest`);
      }
    });
  }
});

describe.each([[[33, 140, 3], [50, 93, 5]], [[40, 9, 4], [7, 70, 3]], [[5, 6, 7], [1, 1, 1]]] as [Three, Three][])('what lies around the result of %j to %j', (shape, to) => {
  test.each(resamplers(shape, to))('is not touched: %s', (_, resample) => {
    const around = (work: (scratch: Uint8Array) => void) =>
      withScratch(() => {
        const first = allocateUnset(Uint8Array, 1);
        work(new Uint8Array(first.buffer, first.byteOffset, 4 << 20));
      });
    for (const type of [Int8Array, Int16Array, Float32Array, Float64Array]) {
      around((scratch) => scratch.fill(0xa5));
      around((scratch) => {
        const from = volume(allocateUnset, type, shape);
        const { data } = from;
        const given = [...data];
        const result = resample(from).data;
        expect([result, data].map((array) => addressOf(array) !== undefined)).toEqual([true, true]);
        expectSame(data, given, 'input');
        const end = scratch.byteOffset + scratch.byteLength;
        const after = Buffer.from(result.buffer, result.byteOffset + result.byteLength, end - result.byteOffset - result.byteLength); // prettier-ignore
        const before = Buffer.from(result.buffer, data.byteOffset + data.byteLength + 3 * data.BYTES_PER_ELEMENT, result.byteOffset - data.byteOffset - data.byteLength - 3 * data.BYTES_PER_ELEMENT); // prettier-ignore
        expect([before, after].map((bytes) => bytes.findIndex((byte) => byte !== 0xa5))).toEqual([-1, -1]);
      });
    }
  });
}); // prettier-ignore

test.each([[[9, 40, 5]], [[700, 3, 2]], [[5, 1, 300]]] as [Three][])('the gaussian of %j, as sums over its taps', (shape) => {
  const sigmas = [1.2, 0, 2.1];
  inBothPlaces((make) => {
  const from = volume(make, Float32Array, shape);
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
  });
}); // prettier-ignore
