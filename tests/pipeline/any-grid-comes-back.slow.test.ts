import fc from 'fast-check';
import { decodeImage } from '../../gateway/imaging/formats/decode';
import { multiply, spacingOf } from '../../gateway/imaging/geometry';
import { sizeOf } from '../../gateway/imaging/volume';
import { geometryFields, headerOf } from '../imaging/formats/nifti/header-geometry';
import { makeNifti1 } from '../imaging/formats/nifti/make-nifti';
import { temporaryFile } from '../imaging/formats/temporary-file';
import { voxelsOf } from '../imaging/formats/voxels';
import { throughIdentity, type Chains } from './identity-model';
import { resultPath } from './result-path';

const SEED = 20_240_517;

/** Where the voxels of a file lie, as float32 numbers of its sform. */
interface Grid {
  shape: number[];
  rows: number[];
}

const orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]; // prettier-ignore

/** Turned axes, small turns about each of them, a shear, voxel sizes, and a place: what scanners and resamplers write. */
const grid = (orientation: fc.Arbitrary<number>, longest = 6): fc.Arbitrary<Grid> =>
  fc
    .record({
      orientation,
      shape: fc.array(fc.integer({ min: 1, max: longest }), { minLength: 3, maxLength: 3 }),
      spacing: fc.array(fc.integer({ min: 3, max: 50 }), { minLength: 3, maxLength: 3 }),
      degrees: fc.array(fc.integer({ min: -25, max: 25 }), { minLength: 3, maxLength: 3 }),
      shear: fc.oneof(fc.constant(0), fc.integer({ min: -20, max: 20 })),
      place: fc.array(fc.integer({ min: -2000, max: 2000 }), { minLength: 3, maxLength: 3 }),
    })
    .map(({ orientation: number, shape, spacing, degrees, shear, place }) => {
      const order = orders[number >> 3];
      const signs = [0, 1, 2].map((d) => ((number >> d) & 1 ? -1 : 1));
      const axes = new Array<number>(16).fill(0).with(15, 1);
      order.forEach((world, d) => (axes[4 * world + d] = (signs[d] * spacing[d]) / 10));
      const slanted = [1, shear / 100, 0, 0, 0, 1, shear / 200, 0, 0, 0, 1, 0, 0, 0, 0, 1];
      const turned = degrees.reduce(
        (affine, angle, d) => multiply(rotation(d, angle), affine),
        multiply(axes, slanted),
      );
      return { shape, rows: turned.slice(0, 12).map((v, i) => Math.fround(i % 4 === 3 ? place[(i - 3) / 4] / 10 : v)) };
    });

function rotation(axis: number, degrees: number): number[] {
  const [c, s] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const [a, b] = [(axis + 1) % 3, (axis + 2) % 3];
  const matrix = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
  matrix[5 * a] = matrix[5 * b] = c;
  matrix[4 * a + b] = -s;
  matrix[4 * b + a] = s;
  return matrix;
}

const anyGrid = grid(fc.integer({ min: 0, max: 47 }));

/** A label map on the grid; every voxel is told apart from its neighbours, unless `blob` asks for labels in the middle only. */
function fileOf({ shape, rows }: Grid, blob = false): string {
  const voxels = Uint8Array.from({ length: sizeOf(shape) }, (_, at) => {
    const index = [at, Math.floor(at / shape[0]), Math.floor(at / shape[0] / shape[1])].map((i, d) => i % shape[d]);
    const inside = index.every((i, d) => shape[d] < 3 || (i > 0 && i < shape[d] - 1));
    return blob && !inside ? 0 : 1 + ((at * 37) % 251);
  });
  const pixdim = [1, ...spacingOf([...rows, 0, 0, 0, 1])];
  return temporaryFile('labels.nii', makeNifti1({ dim: shape, datatype: 2, voxels, pixdim, sform: { code: 1, rows } }));
}

const step = (name: string, args: object) => ({ name, args });

const clara = (canonical: boolean, steps: object[], copied: readonly string[]): Chains => ({
  pre_transforms: [
    step('LoadNifti', { fields: 'image', as_closest_canonical: canonical }),
    step('ConvertToChannelsFirst', { fields: 'image' }),
    ...steps,
  ],
  post_transforms: [
    step('CopyProperties', { fields: 'model', from_field: 'image', properties: copied }),
    step('RestoreOriginalShape', { field: 'model', src_field: 'image', is_label: true }),
  ],
  writer: step('WriteNifti', { field: 'model', dtype: 'uint8' }),
});

const monai = (axcodes: string, steps: object[]): Chains => ({
  pre_transforms: [
    step('monai.transforms.LoadImaged', { keys: 'image' }),
    step('monai.transforms.EnsureChannelFirstd', { keys: 'image' }),
    step('monai.transforms.Orientationd', { keys: 'image', axcodes }),
    ...steps,
  ],
  post_transforms: [step('aiaa.transforms.Restored', { keys: 'model', ref_image: 'image' })],
  writer: step('aiaa.transforms.Writer', { image: 'model' }),
});

/** Shape and the bytes of the geometry are those of the file; the voxels too, where theory says so. */
async function expectBack(file: string, chains: Chains, voxels: boolean): Promise<void> {
  const result = (await throughIdentity({ path: file, name: 'labels.nii' }, chains, 4)).file!;
  const path = resultPath(result);
  expect(geometryFields(headerOf(path))).toEqual(geometryFields(headerOf(file)));
  const [sent, back] = [await decodeImage(file, 'labels.nii'), await decodeImage(path, result.name)];
  expect(back.volume.shape).toEqual(sent.volume.shape);
  if (voxels) expect(voxelsOf(back.volume)).toEqual(voxelsOf(sent.volume));
}

const copies = fc.constantFrom([], ['affine'], ['affine', 'original_affine', 'as_canonical']);
const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 3, maxLength: 3 });
const check = <T extends unknown[]>(property: fc.IAsyncProperty<T>, numRuns: number) =>
  fc.assert(property, { seed: SEED, numRuns });

test.each(Array.from({ length: 48 }, (_, number) => number))('orientation %i', async (number) => {
  const [one] = fc.sample(grid(fc.constant(number), 4), { seed: SEED + number, numRuns: 1 });
  await expectBack(fileOf(one), clara(true, [], ['affine']), true);
  await expectBack(fileOf(one), monai('RAS', []), true);
});

describe('Clara: the result lies on the grid of the file', () => {
  test('in its own axes and in canonical ones, whatever was copied: voxels and all', () =>
    check(
      fc.asyncProperty(anyGrid, fc.boolean(), copies, (one, canonical, copied) =>
        expectBack(fileOf(one), clara(canonical, [], copied), true),
      ),
      80,
    ));

  // n <= m: floor((2 * floor((2j+1)m/2n) + 1) * n / 2m) = j, so nothing is lost.
  test('enlarged and brought back, labels are what they were', () =>
    check(
      fc.asyncProperty(anyGrid, fc.boolean(), sizes, (one, canonical, growth) => {
        const factor = growth.map((percent) => 1 + percent / 40);
        const steps = [step('ScaleByFactor', { fields: 'image', factor, is_label: true })];
        return expectBack(fileOf(one), clara(canonical, steps, ['affine']), true);
      }),
      60,
    ));

  test('resampled to any voxel size, shape and geometry are', () =>
    check(
      fc.asyncProperty(anyGrid, fc.boolean(), sizes, (one, canonical, tenths) => {
        const target = tenths.map((size) => Math.max(size, 5) / 10);
        const steps = [step('ScaleByResolution', { fields: 'image', target_resolution: target, is_label: true })];
        return expectBack(fileOf(one), clara(canonical, steps, ['affine']), false);
      }),
      60,
    ));

  test('cropped to the object, enlarged and padded, labels are what they were', () =>
    check(
      fc.asyncProperty(anyGrid, fc.boolean(), sizes, (one, canonical, k) => {
        const steps = [
          step('CropForegroundObject', { fields: 'image' }),
          step('ScaleByFactor', { fields: 'image', factor: 1.5, is_label: true }),
          step('SymmetricPadderDiv', { fields: 'image', k: k.map((n) => 1 + (n % 9)) }),
        ];
        return expectBack(fileOf(one, true), clara(canonical, steps, ['affine']), true);
      }),
      60,
    ));
});

describe('MONAI: Restored puts the result on the grid of the file', () => {
  const axcodes = fc.constantFrom('RAS', 'LPS', 'PIR', 'SLA', 'IPL', 'ASR', 'LPI', 'RSA');

  test('from any axes: voxels and all', () =>
    check(
      fc.asyncProperty(anyGrid, axcodes, (one, codes) => expectBack(fileOf(one), monai(codes, []), true)),
      80,
    ));

  // Spacingd keeps voxel 0 on voxel 0 and Restored resizes end to end: only the grid is the file's, not each label.
  test('resampled to any voxel size, shape and geometry are', () =>
    check(
      fc.asyncProperty(anyGrid, axcodes, sizes, (one, codes, tenths) => {
        const pixdim = tenths.map((size) => Math.max(size, 5) / 10);
        const steps = [step('monai.transforms.Spacingd', { keys: 'image', pixdim, mode: 'nearest' })];
        return expectBack(fileOf(one), monai(codes, steps), false);
      }),
      60,
    ));
});
