import golden from '../golden/transforms_monai_bundle.json';
import { filesByField, unreadFiles } from '../../gateway/pipeline/files-by-field';
import type { Job } from '../../gateway/pipeline/job';
import { findTransform } from '../../gateway/transforms/registry';
import { temporaryFile } from '../imaging/formats/temporary-file';
import { makeNifti1 } from '../imaging/formats/nifti/make-nifti';
import { describeWithData } from '../shared-data';
import { expectSampled, type Sampled } from './golden';
import { checkedArgs, run, sampleWith } from './samples';

const { files, image, affine, grey, rgb } = golden.loaded;
const bundles = { resampling: 'half-pixel', monai: '1.5.2', bundle: true } as const;

describeWithData('several files', [...files, grey].map((name) => `data/${name}`), (...paths) => {
  const picture = paths.pop();

  test.each([
    ['LoadNifti', { fields: 'image' }],
    ['LoadImaged', { keys: 'image' }],
  ])('%s makes them the channels of one image, as MONAI 1.5.2', async (name, args) => {
    const sample = sampleWith({}, {}, ...paths);
    await run(sample, name, args);
    const volume = sample.volume('image');
    expect(volume.axes).toBe('CXYZ');
    expect(volume.properties.originalChannelDim).toBe(golden.loaded.channelDim);
    expect(volume.properties.originalShape).toEqual(volume.shape.slice(1));
    expectSampled(volume, image as unknown as Sampled);
    volume.affine!.forEach((value, i) => expect(Math.abs(value - affine[i])).toBeLessThan(1e-5));
  });

  test('a grey picture is made RGB by a converter, as MONAI 1.5.2', async () => {
    const sample = sampleWith({}, {}, picture);
    const args = checkedArgs('LoadImaged', { keys: 'image', converter: "$lambda im: im.convert('RGB')" });
    await findTransform('LoadImaged')!.apply(sample, args, bundles);
    expectSampled(sample.volume('image'), rgb as unknown as Sampled);
  });

  test('canonical axes turn all channels', async () => {
    const sample = sampleWith({}, {}, ...paths);
    await run(sample, 'LoadNifti', { fields: 'image', as_closest_canonical: true });
    const turned = sample.volume('image');
    await run(sample, 'LoadNifti', { fields: 'image' });
    const straight = sample.volume('image');
    expect(turned.properties.originalShape).toEqual(turned.shape.slice(1));
    // The affine has the file's x along -A, y along S, z along R.
    const at = ({ data, strides }: typeof turned, index: number[]) => data[index.reduce((sum, i, d) => sum + i * strides[d], 0)];
    const [nx] = straight.shape.slice(1);
    expect(at(turned, [1, 20, 30, 40])).toBe(at(straight, [1, nx - 1 - 30, 40, 20]));
  });
}); // prettier-ignore

describe('files that do not fit together', () => {
  const file = (shape: [number, number, number], shift = 0) =>
    temporaryFile('a.nii', makeNifti1({ dim: shape, datatype: 2, voxels: Buffer.alloc(shape[0] * shape[1] * shape[2]), sform: { code: 1, rows: [1, 0, 0, shift, 0, 1, 0, 0, 0, 0, 1, 0] } }));
  test.each<[string, string[], RegExp]>([
    ['shape', [file([2, 3, 4]), file([2, 3, 5])], /has 2 × 3 × 4 voxels and ".*" has 2 × 3 × 5; files that are channels/],
    ['place', [file([2, 3, 4]), file([2, 3, 4], 0.5)], /do not lie at the same place/],
  ])('%s', async (_, paths, message) => {
    await expect(run(sampleWith({}, {}, ...paths), 'LoadNifti', { fields: 'image' })).rejects.toThrow(message);
  });
}); // prettier-ignore

describe('which file is for which field', () => {
  const step = (fields: string[]) => [{ name: 'LoadImaged', args: { keys: fields } }];
  const job = (pre: object[], names: string[]) =>
    ({ spec: { pre, inference: { inputs: [{ tensor: 'INPUT__0', field: 'image' }] } }, image: { path: names[0], name: names[0] }, files: names.map((field, n) => ({ field, path: String(n), name: field })) }) as unknown as Job;
  test.each<[string, string[], string[], Record<string, string[]>]>([
    ['one file, whatever its name', ['image'], ['datapoint'], { image: ['0'] }],
    ['others are no part of the image', ['image'], ['file', 'label'], { image: ['0'] }],
    ['several of one name', ['image'], ['file', 'file', 'file'], { image: ['0', '1', '2'] }],
    ['named after the fields', ['artery', 'vein'], ['vein', 'artery'], { vein: ['0'], artery: ['1'] }],
    ['the first one is the main image', ['image', 'label'], ['file', 'label'], { image: ['0'], label: ['1'] }],
    ['a chain whose field has another name', ['scan'], ['image'], { scan: ['0'] }],
  ])('%s', (_, fields, names, expected) => {
    const found = filesByField(job(step(fields), names));
    expect(Object.fromEntries([...found].map(([field, list]) => [field, list.map(({ path }) => path)]))).toEqual(expected);
  });

  test.each([
    ['NnunetLoadd', ['image1', 'image0'], ['1', '0']],
    ['NnunetLoadd', ['image', 'image2'], ['0', '1']],
    ['NnunetLoadd', ['image0', 'image2'], ['0']],
    ['LoadImaged', ['image1', 'image0'], ['0']],
  ])('%s takes of %j', (name, names, expected) => {
    const found = filesByField(job([{ name, args: { keys: ['image'] } }], names));
    expect(found.get('image')!.map(({ path }) => path)).toEqual(expected);
  });

  test.each<[string[], string[], string | undefined]>([
    [['image'], ['file', 'label', 'label'], 'The form file "label" was not used; this model loads "image".'],
    [['artery', 'vein'], ['vein', 'artery'], undefined],
    [['image'], ['file', 'file'], undefined],
  ])('a model that loads %j says which of %j it does not', (fields, names, sentence) => {
    expect(unreadFiles(job(step(fields), names))?.text).toBe(sentence);
  });

  test('the image of a session', () => {
    const session = { ...job(step(['image']), ['image']), files: undefined };
    expect([...filesByField(session)]).toEqual([['image', [{ path: 'image', name: 'image' }]]]);
  });

  test('a field without a file: which one is missing, unless it may be', async () => {
    const sample = sampleWith({}, {}, __filename);
    await expect(run(sample, 'LoadImaged', { keys: 'vein' })).rejects.toThrow('no file was sent for "vein" (files are for "image"): send it as the form file "vein"');
    await run(sample, 'LoadImaged', { keys: 'vein', allow_missing_keys: true });
    expect(sample.volumes.size).toBe(0);
  });
}); // prettier-ignore
