import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { decodeImage, toFloat32 } from '../../gateway/imaging/formats/decode';
import type { NiftiHeader } from '../../gateway/imaging/formats/nifti/header';
import { spatialShape, type Volume } from '../../gateway/imaging/volume';
import { geometryFields, headerOf } from '../imaging/formats/nifti/header-geometry';
import { largestDifference, voxelsOf } from '../imaging/formats/voxels';
import { sharedData } from '../shared-data';
import { throughIdentity, type Chains } from './identity-model';
import { resultPath } from './result-path';

const data = sharedData('data');

const step = (name: string, args: object) => ({ name, args });
const properties = ['affine', 'original_affine', 'as_canonical'];

/** The chain of Clara's public models without what changes values; `load` are LoadNifti's arguments. */
const clara = (load: object, dtype = 'float32'): Chains => ({
  pre_transforms: [
    step('LoadNifti', { fields: 'image', ...load }),
    step('ConvertToChannelsFirst', { fields: 'image' }),
    step('ScaleByFactor', { fields: 'image', factor: 1 }),
  ],
  post_transforms: [
    step('CopyProperties', { fields: 'model', from_field: 'image', properties }),
    step('RestoreOriginalShape', { field: 'model', src_field: 'image', is_label: true }),
  ],
  // Uncompressed where the voxels are large: that is another test's business.
  writer: step('WriteNifti', { field: 'model', dtype, compressed: dtype !== 'float32' }),
});

const picture: Chains = {
  pre_transforms: [step('LoadPng', { fields: 'image' }), step('ConvertToChannelsLast', { fields: 'image' })],
  post_transforms: [],
  writer: step('WritePng', { field: 'model' }),
};

/** What cannot be an image of this server, and why. */
const refused: Record<string, RegExp> = {
  'odd/complex64.nii.gz': /voxels of type complex64/,
  'odd/pair.hdr': /one half of a \.hdr\/\.img pair/,
  'odd/pair.img': /one half of a \.hdr\/\.img pair/,
};

// A folder is a DICOM series.
const isImage = (name: string) => !/\.(txt|md|tsv)$/.test(name);
const all = ['odd', 'mr', 'ct', 'cxr'].flatMap((folder) =>
  data && existsSync(join(data, folder)) ? readdirSync(join(data, folder)).filter(isImage).map((name) => `${folder}/${name}`) : [],
); // prettier-ignore
const accepted = all.filter((file) => !(file in refused));
const pictures = accepted.filter((file) => /\.(png|jpe?g)$/.test(file));
const scans = accepted.filter((file) => !pictures.includes(file));

/** Rank of one item of the model: the spatial axes and the channels. */
const rank = (volume: Volume) => spatialShape(volume).length + 1;

async function read(file: string) {
  const image = await decodeImage(join(data!, file), file);
  return { image, real: toFloat32(image) };
}

function expectSameVoxels(back: Volume, sent: Volume): void {
  const [a, b] = [voxelsOf(back), voxelsOf(sent)];
  expect([a.length, a.findIndex((value, at) => value !== b[at])]).toEqual([b.length, -1]);
}

async function expectBack(file: string, chains: Chains): Promise<void> {
  const { image, real } = await read(file);
  const result = await throughIdentity({ path: join(data!, file), name: file }, chains, rank(real));
  const back = await decodeImage(resultPath(result.file!), result.file!.name);
  expect(back.volume.shape).toEqual(real.shape);
  if (image.format === 'nifti') {
    const header = image.volume.properties.header as NiftiHeader;
    expect(geometryFields(headerOf(resultPath(result.file!)))).toEqual(geometryFields(header));
  } else expect(largestDifference(back.volume.affine!, image.volume.affine!.map(Math.fround))).toBeLessThan(1e-6);
  expectSameVoxels(toFloat32(back), real);
} // prettier-ignore

const small = scans.filter((file) => file.startsWith('odd/') || /sct_t2\.|_seg|3mm/.test(file));
const each = (files: string[]) => (files.length > 0 ? test.each(files) : test.skip.each(['needs ../shared/data']));

describe('through an identity model, voxels and the bytes of the geometry come back', () => {
  each(scans)('%s', (file) => expectBack(file, clara({})));
});

describe('also when it is loaded in canonical axes', () => {
  each(small)('%s', (file) => expectBack(file, clara({ as_closest_canonical: 'true' })));
});

describe('label maps as whole numbers', () => {
  each(scans.filter((file) => /slope0|sct_.*seg|_seg117|brain1_label|aparc/.test(file)))('%s', (file) =>
    expectBack(file, clara({ as_closest_canonical: true }, file.includes('aparc') ? 'uint16' : 'uint8')),
  );
});

describe('pictures come back as PNG, rows first', () => {
  each(pictures)('%s', async (file) => {
    const { real } = await read(file);
    const result = await throughIdentity({ path: join(data!, file), name: file }, picture, 3);
    const back = await decodeImage(resultPath(result.file!), result.file!.name);
    expect(back.format).toBe('png');
    expect(back.volume.shape).toEqual(real.shape);
    expectSameVoxels(toFloat32(back), real);
  });
});

describe('what cannot be an image is refused by name', () => {
  each(Object.keys(refused).filter((file) => all.includes(file)))('%s', async (file) => {
    const sent = throughIdentity({ path: join(data!, file), name: file }, clara({}), 4);
    await expect(sent).rejects.toMatchObject({
      code: expect.stringMatching(/UN(READABLE|SUPPORTED)_IMAGE/),
      message: expect.stringMatching(refused[file]),
    });
  });
});
