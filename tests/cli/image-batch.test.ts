import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { batchOf } from '../../gateway/cli/image-batch';
import { UsageError } from '../../gateway/flags';

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'batch-'))));
afterEach(() => rmSync(folder, { recursive: true }));
const at = (...parts: string[]) => path.join(folder, ...parts);
const files = (...names: string[]) =>
  names.forEach((name) => {
    mkdirSync(path.dirname(at(name)), { recursive: true });
    writeFileSync(at(name), '');
  });
const pairs = (operand: string) =>
  batchOf(operand, at('masks'), '.nrrd')?.map(({ image, output }) => [
    path.relative(folder, image),
    path.relative(folder, output),
  ]);

test('one image, and a folder with the files of one series, are no batch', () => {
  files('a.nii.gz', 'series/1.dcm', 'series/2', 'mixed/a.nii', 'mixed/readme.txt');
  for (const one of ['a.nii.gz', 'series', 'mixed', 'nowhere']) expect(pairs(at(one))).toBeUndefined();
  mkdirSync(at('empty'));
  expect(pairs(at('empty'))).toBeUndefined();
});

test('images in a folder, and folders with a series each, in the order of their names', () => {
  files('all/b.nii.gz', 'all/a.MHA', 'all/.hidden', 'all/pet/1.dcm');
  expect(pairs(at('all'))).toEqual([
    ['all/a.MHA', 'masks/a.nrrd'],
    ['all/b.nii.gz', 'masks/b.nrrd'],
    ['all/pet', 'masks/pet.nrrd'],
  ]);
  expect(existsSync(at('masks'))).toBe(true);
});

test('a pattern; a name with its letters in it is a name', () => {
  files('ct/p1.nii', 'ct/p2.nii', 'ct/p10.nii', 'ct/q(1).nii', 'ct/w*.nii');
  expect(pairs(at('ct/p?.nii'))).toEqual([
    ['ct/p1.nii', 'masks/p1.nrrd'],
    ['ct/p2.nii', 'masks/p2.nrrd'],
  ]);
  expect(pairs(at('ct/q(*).nii'))).toEqual([['ct/q(1).nii', 'masks/q(1).nrrd']]);
  expect(pairs(at('ct/w*.nii'))).toBeUndefined();
});

test.each([
  ['ct/x*.nii', 'masks', /x\*\.nii names no file/],
  ['ct', undefined, /ct stands for 2 images: --output names the folder/],
  ['ct', 'mask.nii', /--output .*mask\.nii is no folder/],
  ['twins', 'masks', /would both be .*a\.nrrd: run them into two folders/],
])('%s with --output %s is refused', (operand, output, sentence) => {
  files('ct/a.nii', 'ct/b.nii', 'twins/a.nii', 'twins/a.mha');
  const asked = () => batchOf(at(operand), output && at(output), '.nrrd');
  expect(asked).toThrow(UsageError);
  expect(asked).toThrow(sentence);
});
