import { checkInputValues, floatsOf, numbersOf } from '../../../gateway/pipeline/inferers/network-values';
import { bindInput, cutWindows } from '../../../gateway/pipeline/inferers/tensors';
import type { NumericArray, Volume } from '../../../gateway/imaging/volume';
import type { ModelSpec } from '../../../gateway/model-spec';
import { Sample } from '../../../gateway/transforms/sample';
import type { Datatype, TensorData } from '../../../gateway/triton/datatypes';
import { sentenceFor } from '../../../gateway/sentence';

const volume = (data: NumericArray): Volume => ({ data, shape: [data.length, 1], strides: [1, 1], axes: 'XY', properties: {} }); // prettier-ignore

function fed(datatype: Datatype, data: NumericArray, value = 0) {
  const warnings: string[] = [];
  const image = { tensor: 'IN', datatype, image: volume(data), padding: { mode: 'constant', value } as const };
  checkInputValues('net', image, (said) => warnings.push(sentenceFor(said).text));
  return warnings;
}

test.each<[Datatype, NumericArray, string]>([
  ['FP16', Float32Array.of(1, 65520), '65520'],
  ['FP16', Int32Array.of(1, -70000), '-70000'],
  ['FP32', Float64Array.of(1e39), '1e+39'],
  ['UINT8', Float32Array.of(255, 256), '256'],
  ['UINT8', Int16Array.of(3, -1), '-1'],
  ['INT8', Float32Array.of(-128, 128), '128'],
  ['INT16', Float32Array.of(NaN), 'NaN'],
  ['UINT16', Float32Array.of(-1), '-1'],
  ['INT32', Float32Array.of(2 ** 31), '2147483648'],
  ['BOOL', Uint8Array.of(0, 1, 2), '2'],
  ['INT64', Float64Array.of(2 ** 60), '1152921504606847000'],
])('%s is not given %s', (datatype, data, shown) => {
  expect(() => fed(datatype, data)).toThrow(
    expect.objectContaining({
      code: 'IMAGE_DOES_NOT_FIT',
      message: expect.stringMatching(`"IN" is ${datatype}, which holds .*has the value ${shown.replace('+', '\\+')}`),
    }),
  );
});

test.each<[Datatype, NumericArray]>([
  ['FP16', Float32Array.of(65504, -65519.99, 1e-9, Infinity, NaN)],
  ['FP16', Uint16Array.of(65519)],
  ['FP32', Float64Array.of(3.4e38, Infinity)],
  ['UINT8', Float32Array.of(0, 255)],
  ['INT8', Int16Array.of(-128, 127)],
  ['UINT32', Float64Array.of(2 ** 32 - 1)],
  ['INT64', Float32Array.of(-(2 ** 52))],
  ['BOOL', Float32Array.of(0, 1)],
])('%s is given what it holds', (datatype, data) => {
  expect(fed(datatype, data)).toEqual([]);
});

test('fractions are cut off with a warning, and so is no whole number', () => {
  expect(fed('INT16', Float32Array.of(1.5, -0.5))).toEqual([
    'The network\'s input "IN" is INT16: fractions of the prepared image were cut off',
  ]);
});

test('what stands around the image is compared too', () => {
  expect(() => fed('UINT8', Uint8Array.of(1), -1024)).toThrow('-1024');
});

test.each<[Datatype, unknown[]]>([
  ['INT64', [1n, -2n, 3n]],
  ['INT16', [1, -2, 3]],
  ['FP16', [1.5, -2.25, 3]],
])('an image becomes the tensor of a network of %s', (datatype, expected) => {
  const sample = new Sample(new Map(), {});
  sample.volumes.set('image', volume(Float32Array.of(1.5, -2.25, 3)));
  const input = [{ name: 'IN', data_type: `TYPE_${datatype}`, dims: [3, 1] }];
  const spec = { name: 'net', triton: { max_batch_size: 1, input, output: [] } } as unknown as ModelSpec;
  const padding = { mode: 'constant' } as const;
  const bound = bindInput(spec, { tensor: 'IN', field: 'image' }, sample, [3, 1], padding);
  expect([...cutWindows(bound, [[0, 0]], padding).data]).toEqual(expected);
});

const output = (datatype: Datatype, data: TensorData) => ({ name: 'OUT', datatype, data });

test('64-bit integers are numbers up to 2^53, and an error beyond', () => {
  expect([...numbersOf(output('INT64', BigInt64Array.of(-(2n ** 53n) + 1n, 7n)), 'net')]).toEqual([
    Number.MIN_SAFE_INTEGER,
    7,
  ]);
  for (const beyond of [
    output('INT64', BigInt64Array.of(1n, 2n ** 53n + 1n)),
    output('UINT64', BigUint64Array.of(2n ** 63n)),
  ])
    expect(() => numbersOf(beyond, 'net')).toThrow(
      expect.objectContaining({ code: 'BAD_TENSOR', message: expect.stringMatching(/beyond 2\^53/) }),
    );
});

test('windows are added up in float32: whole numbers up to 2^24, doubles within its range', () => {
  expect([...floatsOf(output('INT32', Int32Array.of(2 ** 24, -5)), 'net')]).toEqual([2 ** 24, -5]);
  expect([...floatsOf(output('UINT8', Uint8Array.of(255)), 'net')]).toEqual([255]);
  expect([...floatsOf(output('FP64', Float64Array.of(0.5, Infinity)), 'net')]).toEqual([0.5, Infinity]);
  expect(() => floatsOf(output('INT32', Int32Array.of(2 ** 24 + 1)), 'net')).toThrow('16777217');
  expect(() => floatsOf(output('FP64', Float64Array.of(1e300)), 'net')).toThrow('1e+300');
});
