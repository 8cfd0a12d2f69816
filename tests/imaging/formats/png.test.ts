import { decodeImage } from '../../../gateway/imaging/formats/decode';
import { encodePng } from '../../../gateway/imaging/formats/png';
import type { Axes, NumericArray, Volume } from '../../../gateway/imaging/volume';
import { temporaryFile } from './temporary-file';
import { voxelsOf } from './voxels';

const volume = (axes: Axes, shape: number[], strides: number[], data: NumericArray): Volume => ({
  data,
  shape,
  strides,
  axes,
  properties: {},
});
const roundTrip = async (source: Volume, bits?: 8 | 16) =>
  (await decodeImage(temporaryFile('upload', encodePng(source, bits)), 'no-suffix')).volume;

test('gray: rows first, no affine', async () => {
  const source = volume('XY', [2, 3], [3, 1], Uint8Array.of(1, 2, 3, 4, 5, 255));
  const result = await roundTrip(source);
  expect([result.axes, result.shape, result.affine]).toEqual(['XY', [2, 3], undefined]);
  expect([0, 1, 2].map((column) => result.data[result.strides[1] * column])).toEqual([1, 2, 3]);
  expect([...voxelsOf(result)]).toEqual([...voxelsOf(source)]);
});

test('16 bits, and a channel axis of 1', async () => {
  const source = volume('CXY', [1, 2, 2], [4, 1, 2], Float32Array.of(0, 258, 65535, 65535.5));
  const result = await roundTrip(source, 16);
  expect([...voxelsOf(result)]).toEqual([0, 258, 65535, 65535]);
});

test('RGB, channels first', async () => {
  const source = volume('CXY', [3, 1, 2], [2, 2, 1], Uint8Array.of(10, 11, 20, 21, 30, 31));
  const result = await roundTrip(source);
  expect([result.axes, result.shape]).toEqual(['XYC', [1, 2, 3]]);
  expect([...voxelsOf(result)]).toEqual([10, 11, 20, 21, 30, 31]);
});

test('one slice of a volume', async () => {
  expect((await roundTrip(volume('XYZ', [2, 2, 1], [1, 2, 4], Uint8Array.of(1, 2, 3, 4)))).shape).toEqual([2, 2]);
});

test.each([
  ['a volume', volume('XYZ', [2, 2, 2], [1, 2, 4], new Uint8Array(8))],
  ['two channels', volume('CXY', [2, 2, 2], [1, 2, 4], new Uint8Array(8))],
])('%s is refused', (_, source) => {
  expect(() => encodePng(source)).toThrow('cannot be written as PNG');
});

// Written with pillow 11: 2 x 2 pixels each.
test.each<[string, string, Axes, number[]]>([
  ['RGBA: alpha is left out', 'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAYAAABytg0kAAAAGklEQVR4nGNkZGLmZGZm/s/AzsHJ8Ov3n/8AFdgFIQlEaFoAAAAASUVORK5CYII=', 'XYC', [1, 7, 4, 250, 2, 8, 5, 251, 3, 9, 6, 252]],
  ['a palette gives colours', 'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACAgMAAAAP2OW3AAAACVBMVEUKFB4oMjxGUFoWrIR0AAAADElEQVR4nGMQYGgAAAC0AJEACtizAAAAAElFTkSuQmCC', 'XYC', [10, 70, 40, 10, 20, 80, 50, 20, 30, 90, 60, 30]],
  ['gray with alpha is gray', 'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAQAAADYv8WvAAAAEklEQVR4nGNk5GT8z8L0j/E/AAp9AxBXYOLaAAAAAElFTkSuQmCC', 'XY', [1, 3, 2, 4]],
  ['one bit: 0 and 255', 'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACAQAAAABazTCJAAAADElEQVR4nGNoYHAAAAHEAMGYZjUWAAAAAElFTkSuQmCC', 'XY', [255, 0, 0, 255]],
])('%s', async (_, base64, axes, expected) => {
  const { volume: result } = await decodeImage(temporaryFile('a', Buffer.from(base64, 'base64')), 'a.png');
  expect([result.axes, [...voxelsOf(result)]]).toEqual([axes, expected]);
}); // prettier-ignore
