import { numberedFiles } from '../../../gateway/imaging/formats/numbered-files';

const order = (...fields: string[]) => numberedFiles(fields.map((field) => ({ field })))?.map((group) => group.map(({ field }) => field)); // prettier-ignore

test.each<[string[], string[][]]>([
  [['image1', 'image0'], [['image0'], ['image1']]],
  [['image2', 'image'], [['image'], ['image2']]],
  [['image', 'image1', 'image2'], [['image'], ['image1'], ['image2']]],
  [['file2', 'file1', 'file3'], [['file1'], ['file2'], ['file3']]],
  [['series0', 'series1', 'series0'], [['series0', 'series0'], ['series1']]],
  [['image10', 'image9', ...Array.from({ length: 9 }, (_, n) => `image${n}`)], Array.from({ length: 11 }, (_, n) => [`image${n}`])],
])('%j are channels in the order of their numbers', (fields, expected) => {
  expect(order(...fields)).toEqual(expected);
}); // prettier-ignore

test.each([
  [['image']],
  [['image', 'image']],
  [['image0', 'image2']],
  [['image', 'image3']],
  [['image2', 'image3']],
  [['image0', 'label1']],
  [['image', 'label']],
])('%j are not', (fields) => {
  expect(order(...fields)).toBeUndefined();
});
