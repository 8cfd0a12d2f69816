import { firstAxisFastest, type Volume } from '../../../gateway/imaging/volume';
import { findTransform } from '../../../gateway/transforms/registry';
import { Sample } from '../../../gateway/transforms/sample';

const definition = findTransform('NnunetPostprocessd')!;

/** @param rows of labels, one slice */
function kept(rows: readonly string[], keep_largest: number[][]): string[] {
  const shape = [rows[0].length, rows.length, 1];
  const image: Volume = { data: Uint8Array.from(rows.join(''), Number), shape, strides: firstAxisFastest(shape), axes: 'XYZ', properties: {} };
  const sample = new Sample(new Map(), {});
  sample.volumes.set('pred', image);
  void definition.apply(sample, definition.args.parse({ keys: ['pred'], keep_largest }), { resampling: 'half-pixel' });
  const text = [...sample.volume('pred').data].join('');
  return rows.map((row, at) => text.slice(at * row.length, (at + 1) * row.length));
} // prettier-ignore

test('voxels that touch at a corner are one component, of all labels of the list together', () => {
  expect(kept(['1000', '0201', '0000', '1330'], [[1, 2]])).toEqual(['1000', '0200', '0000', '0330']);
});

test('of components of one size all stay', () => {
  expect(kept(['11022', '00000', '20011'], [[1], [2]])).toEqual(['11022', '00000', '00011']);
});

test('lists are applied one after the other', () => {
  // The lone 2 goes with the smaller part of 1 and 2, after which the other 2 is the largest.
  expect(kept(['1112', '0000', '2210'], [[1, 2], [2]])).toEqual(['1112', '0000', '0000']);
  expect(kept(['1112', '0000', '2210'], [[2], [1, 2]])).toEqual(['1110', '0000', '2210']);
});

test('a label that is not there', () => {
  expect(kept(['10', '00'], [[3]])).toEqual(['10', '00']);
});
