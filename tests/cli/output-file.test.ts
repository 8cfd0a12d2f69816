import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checkFormat, outputFile } from '../../gateway/cli/output-file';

const folder = mkdtempSync(path.join(tmpdir(), 'output-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => path.join(folder, name);

test.each([
  ['a.nii.gz', '.nii.gz'],
  ['a.nii', '.nii'],
  ['A.NRRD', '.nrrd'],
  ['a.b.mha', '.mha'],
  ['a.png', '.png'],
  ['a.dcm', '.dcm'],
])('the name %s decides the format: %s', (name, extension) => {
  expect(outputFile(at(name), undefined)).toEqual({ path: at(name), extension });
});

test('without a name it is mask, with the extension of the params', () => {
  expect(outputFile(undefined, undefined)).toEqual({ path: 'mask.nii.gz', extension: '.nii.gz' });
  expect(outputFile(undefined, 'nrrd')).toEqual({ path: 'mask.nrrd', extension: '.nrrd' });
  expect(outputFile(at('a.mha'), '.mha')).toEqual({ path: at('a.mha'), extension: '.mha' });
});

test('a folder gets a file that is not there yet', () => {
  expect(outputFile(`${folder}/`, undefined).path).toBe(at('mask.nii.gz'));
  expect(outputFile(folder, '.png').path).toBe(at('mask.png'));
  writeFileSync(at('mask.nrrd'), '');
  expect(() => outputFile(folder, '.nrrd')).toThrow('mask.nrrd is there already: name the file with --output');
});

test.each([
  ['a.txt', undefined, /a\.txt says no format: expected a name that ends in \.nii\.gz, \.nii, \.nrrd/],
  ['.nrrd', undefined, /says no format/],
  ['a.nrrd', '.mha', /name two formats/],
  ['a.nrrd', '.gz', /result_extension in --params is "\.gz": expected one of/],
  ['none/a.nrrd', undefined, /cannot be written: there is no folder .*none/],
  ['none/', undefined, /there is no folder .*none/],
])('--output %s with result_extension %s is refused before any work', (name, wanted, sentence) => {
  const ask = () => outputFile(`${folder}/${name}`, wanted);
  expect(ask).toThrow(expect.objectContaining({ exitCode: 2, message: expect.stringMatching(sentence) }));
});

test.each([
  ['a.nii.gz', [0x1f, 0x8b, 8], true],
  ['a.nii.gz', [0x5c, 1, 0, 0], false],
  ['a.nrrd', [...Buffer.from('NRRD0004')], true],
  ['a.nrrd', [0x1f, 0x8b], false],
  ['a.mha', [...Buffer.from('ObjectType = Image')], true],
  ['a.png', [], false],
  ['a.dcm', [...Buffer.alloc(128), ...Buffer.from('DICM')], true],
])('an answer is kept as %s only when it is that', (name, bytes, good) => {
  writeFileSync(at('part'), Buffer.from(bytes));
  const check = () => checkFormat(at('part'), outputFile(at(name), undefined));
  if (good) check();
  else expect(check).toThrow(/is not what .* is called, so it is not kept/);
});
