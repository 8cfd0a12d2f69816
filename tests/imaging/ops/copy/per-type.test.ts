import { percentiles } from '../../../../gateway/imaging/ops/intensity/percentiles';
import { perType } from '../../../../gateway/imaging/ops/copy/per-type';
import type { NumericArray } from '../../../../gateway/imaging/volume';
import { TYPES } from '../../simd/arrays';

describe('a loop per type of array', () => {
  const twice = (x: number) => 2 * x;
  const double = perType(
    (data: NumericArray, out: NumericArray) => {
      for (let i = 0; i < data.length; i++) out[i] = twice(data[i]);
    },
    { twice },
  );

  test('each type has its own copy, made once', () => {
    const copies = TYPES.map((type) => double(new type(1)));
    expect(new Set(copies).size).toBe(TYPES.length);
    expect(double(new Int16Array(3))).toBe(copies[2]);
    expect(double(new Int16Array(3), new Int8Array(3))).not.toBe(copies[2]);
  });

  test.each(TYPES)('%p', (type) => {
    const [data, out] = [type.of(1, 2, 60), new type(3)];
    double(data)(data, out);
    expect([...out]).toEqual([2, 4, 120]);
  });
});

describe('percentiles', () => {
  const ranks = [0, 12.5, 37, 50, 99, 100];
  /** By sorting. */
  const expected = (data: NumericArray) => {
    const sorted = Float64Array.from(data).sort();
    return ranks.map((rank) => {
      const position = (rank / 100) * (sorted.length - 1);
      const [low, high] = [sorted[Math.floor(position)], sorted[Math.ceil(position)]];
      return low + (high - low) * (position - Math.floor(position));
    });
  };

  test.each(TYPES)('of %p', (type) => {
    const data = new type(5000).map((_, i) => ((i * 7919) % 1009) / 4 - (type.name.startsWith('U') ? 0 : 50));
    expect(percentiles(data, ranks)).toEqual(expected(data));
  });

  test('of values that float32 cannot tell apart, of zeros of both signs, of one value', () => {
    const near = Float64Array.from({ length: 100 }, (_, i) => 1 + (((i * 37) % 100) - 50) * 1e-12);
    expect(percentiles(near, ranks)).toEqual(expected(near));
    expect(percentiles(Int32Array.of(2 ** 30 + 3, 2 ** 30 + 1, 2 ** 30 + 2), [0, 50, 100])).toEqual(
      [1, 2, 3].map((low) => 2 ** 30 + low),
    );
    expect(percentiles(Float32Array.of(-0, 0, -0, 0, -1), [50])).toEqual([0]);
    expect(percentiles(Float32Array.of(3.5), ranks)).toEqual(ranks.map(() => 3.5));
  });
});
