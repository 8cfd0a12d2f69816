import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { importImage, type SourceFile } from '../../gateway/sessions/import-image';
import { makeDicom } from '../imaging/formats/dicom/make-dicom';
import { temporaryFolder } from '../imaging/formats/temporary-file';
import { enoughRoom } from './no-conversion';
import { makeNifti } from './small-nifti';

const nifti = makeNifti(900);
const slice = (z: number) => makeDicom({ position: [0, 0, z] });

/** Stands for the thread. */
const toNifti = (_source: string, target: string) => {
  writeFileSync(target, 'voxels');
  return Promise.resolve({ shape: [5, 4, 2], warnings: [] });
};

async function importFiles(parts: readonly [field: string, name: string, content: Buffer][]) {
  const [from, folder] = [temporaryFolder(), temporaryFolder()];
  const files = parts.map(([field, name, content], at): SourceFile => {
    const path = join(from, String(at));
    writeFileSync(path, content);
    return { field, path, name, bytes: content.length };
  });
  const signal = new AbortController().signal;
  const options = { saveAsNifti: false, toNifti, maxBytes: 1 << 20, roomBeside: () => enoughRoom, signal };
  return { folder, ...(await importImage(folder, files, options)) };
}

test('files of numbered names are the channels, each kept as it came', async () => {
  const { folder, image, name, channels } = await importFiles([['image1', 't2.nii', nifti], ['image0', 't1.nii', nifti]]); // prettier-ignore
  expect({ image, name, channels }).toEqual({
    image: 'image.nii',
    name: 't1.nii',
    channels: [{ image: 'channel1/image.nii', name: 't2.nii', format: 'nifti' }],
  });
  expect(existsSync(join(folder, 'channel1/image.nii'))).toBe(true);
});

test('series of numbered names are the channels too', async () => {
  const parts = [0, 1].flatMap((channel) => [0, 1].map((z): [string, string, Buffer] => [`image${channel}`, `${z}.dcm`, slice(z)])); // prettier-ignore
  const { folder, meta, channels } = await importFiles(parts);
  expect(meta).toMatchObject({ format: 'dicom', files: 2 });
  expect(channels).toEqual([{ image: 'channel1/image.nii', name: 'image.nii', format: 'dicom' }]);
  expect(existsSync(join(folder, 'channel1/dicom/00001.dcm'))).toBe(true);
});

test('slices of one series may be sent under numbered names', async () => {
  const { meta, channels } = await importFiles([0, 1, 2].map((z) => [`image${z}`, `${z}.dcm`, slice(z)]));
  expect([meta.files, channels]).toEqual([3, undefined]);
});
