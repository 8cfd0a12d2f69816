import {
  allocateData,
  configTypeOf,
  datatypeOfConfig,
  fromWire,
  refusalOf,
  toWire,
} from '../../gateway/triton/datatypes';
import { byteLength, elementCount } from '../../gateway/triton/tensor';

describe('sizes of shapes that no memory can hold', () => {
  test.each([[[2 ** 62, 4]], [[2 ** 31, 2 ** 31]], [[-1, 4]], [[1.5]], [[NaN]], [[2 ** 53]]])(
    '%j is refused',
    (shape) => {
      expect(() => elementCount(shape)).toThrow(RangeError);
    },
  );

  test('a count that fits may still be too many bytes', () => {
    expect(elementCount([2 ** 52])).toBe(2 ** 52);
    expect(() => byteLength({ datatype: 'FP64', shape: [2 ** 52] })).toThrow(RangeError);
  });

  test('usual ones', () => {
    expect(elementCount([])).toBe(1);
    expect(elementCount([3, 0, 7])).toBe(0);
    expect(byteLength({ datatype: 'FP16', shape: [1, 2, 96, 96, 96] })).toBe(2 * 2 * 96 ** 3);
  });
});

test('types that cannot be exchanged say why', () => {
  expect(refusalOf('BF16')).toMatch(/FP32 or FP16/);
  expect(refusalOf('BYTES')).toMatch(/voxels and numbers/);
  expect(refusalOf('FP8')).toMatch(/not a Triton datatype/);
  expect(refusalOf('INT64')).toBeUndefined();
});

test('names in configs', () => {
  expect(configTypeOf('FP32')).toBe('TYPE_FP32');
  expect(datatypeOfConfig('TYPE_UINT8')).toBe('UINT8');
  expect(datatypeOfConfig('TYPE_STRING')).toBe('BYTES');
});

test('bytes of a tensor are a view, little-endian', () => {
  const data = Int16Array.from([1, -2, 300]).subarray(1);
  const bytes = toWire('INT16', data);
  expect([...bytes]).toEqual([0xfe, 0xff, 0x2c, 0x01]);
  data[0] = 5;
  expect(bytes[0]).toBe(5);
});

test('FP16 is 2 bytes on the wire and float32 here, from any alignment', () => {
  const bytes = toWire('FP16', Float32Array.from([1, -2]));
  expect([...bytes]).toEqual([0x00, 0x3c, 0x00, 0xc0]);
  const shifted = new Uint8Array(5).subarray(1);
  shifted.set(bytes);
  const out = allocateData('FP16', 2);
  fromWire('FP16', shifted, out);
  expect([...(out as Float32Array)]).toEqual([1, -2]);
});

test('large results can be shared between threads', () => {
  expect(allocateData('FP32', 10).buffer[Symbol.toStringTag]).toBe('ArrayBuffer');
  expect(allocateData('FP32', 1 << 18).buffer[Symbol.toStringTag]).toBe('SharedArrayBuffer');
});
