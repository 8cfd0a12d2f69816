import { checkOutputShape } from '../../../gateway/deployment/validation/checks';
import { clara3, parse } from '../../config/configs';

const check = (input: number[], shape: number[], more = {}) =>
  checkOutputShape({ ...parse(clara3()), ...more }, input, [{ name: 'OUT', datatype: 'FP32', shape }]);

const volume = [1, 1, 64, 64, 64];
const simple = { inference: { inferer: { kind: 'simple' } } };

test.each([
  ['a list of classes', [1, 8], {}],
  ['a flattened volume', [1, 524288], {}],
  ['half the size, in windows', [1, 2, 32, 32, 32], {}],
  ['a list, of whole images', [1, 8], simple],
])('%s: no mask comes of it', (_, shape, more) => {
  expect(check(volume, shape, more)).toEqual([
    expect.stringContaining(`"OUT" has the shape [${shape.join(', ')}] for an input of [1, 1, 64, 64, 64], and a mask`),
  ]);
});

test.each([
  [volume, [1, 5, 64, 64, 64], {}],
  [volume, [1, 64, 64, 64], {}],
  [volume, [1, 64, 64, 64, 5], {}],
  [[1, 64, 64, 64, 1], [1, 64, 64, 64, 3], {}],
  [[4, 1, 256, 256], [4, 2, 256, 256], {}],
  [volume, [1, 2, 32, 32, 32], simple],
  [volume, [1, 8], { type: 'classification' }],
  [volume, [1, 8], { type: 'others' }],
])('%j gives %j', (input, shape, more) => {
  expect(check(input, shape, more)).toEqual([]);
});
