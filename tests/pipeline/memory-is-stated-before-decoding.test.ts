import { parseModelConfig } from '../../gateway/config/parse-model-config';
import type { AnnouncedImage } from '../../gateway/imaging/formats/announced-image';
import { statedBytes } from '../../gateway/pipeline/memory-plan';
import type { Job } from '../../gateway/pipeline/job';
import { clara3 } from '../config/configs';

const MB = 2 ** 20;
const ct = { path: '/nowhere', name: 'ct.nii' };

/** 256 x 256 x 128 voxels (8 M) of `mm` millimetres. */
const image = (mm: number): AnnouncedImage => ({
  volume: {
    shape: [256, 256, 128],
    strides: [1, 256, 65536],
    axes: 'XYZ',
    affine: [mm, 0, 0, 0, 0, mm, 0, 0, 0, 0, mm, 0, 0, 0, 0, 1],
    properties: {},
  },
  bytes: 32 * MB,
});

const jobOf = (pre: object[], more: Partial<Job> = {}): Job => {
  const args = { scanning_window: true, batch_size: 1, roi: [32, 32, 32] };
  const config = clara3({ args }, { pre_transforms: [{ name: 'LoadNifti', args: { fields: 'image' } }, ...pre] });
  const spec = parseModelConfig(config, 'm');
  return { id: 'a', spec, modelVersion: '1', image: ct, params: {}, directory: '', options: { resampling: 'half-pixel' }, ...more };
}; // prettier-ignore

const toOneMm = { name: 'ScaleByResolution', args: { fields: 'image', target_resolution: [1, 1, 1] } };

test('an image whose voxels are all kept needs a few times its size', () => {
  const bytes = statedBytes(jobOf([]), image(1));
  expect(bytes).toBeGreaterThan(3 * 32 * MB);
  expect(bytes).toBeLessThan(20 * 32 * MB);
});

test('what resampling makes of it counts: eight times the voxels, eight times the memory', () => {
  const [same, eight] = [1, 2].map((mm) => statedBytes(jobOf([toOneMm]), image(mm)));
  expect(eight).toBeGreaterThan(6 * same);
  expect(eight).toBeLessThan(8 * same);
});

test('steps that a prepared image has gone through are not counted again', () => {
  const job = jobOf([toOneMm]);
  const prepared = { volumes: [], values: [], result: {}, history: [], warnings: [] };
  const steps = { ...job.spec, cacheableSteps: job.spec.pre.length };
  expect(statedBytes({ ...job, spec: steps, prepared }, image(2))).toBe(statedBytes(jobOf([]), image(2)));
});

test('an image for a session is decoded and written', () => {
  const job = { kind: 'to-nifti', id: 'a', image: ct, target: '', options: {} } as const;
  expect(statedBytes(job, image(1))).toBeGreaterThanOrEqual(3 * 32 * MB);
});

test('a step that is for other axes than those of the file does not count', () => {
  const planar = { name: 'Resized', args: { keys: 'image', spatial_size: [256, 256], mode: 'area' } };
  expect(statedBytes(jobOf([planar]), image(1))).toBe(statedBytes(jobOf([]), image(1)));
});

test('cubic B-splines state the planes that lie between their passes, and linear interpolation none', () => {
  const spacing = (mode: string | number) => ({ name: 'Spacingd', args: { keys: 'image', pixdim: [1.5, 1.5, 1.5], mode } }); // prettier-ignore
  const [linear, cubic] = ['bilinear', 3].map((mode) => statedBytes(jobOf([spacing(mode)]), image(1)));
  // All 86 planes of 171 x 171 voxels as float64, their rows, and a copy of a plane.
  const planes = 8 * 86 * 171 * 171;
  expect(cubic - linear).toBeGreaterThan(planes);
  expect(cubic - linear).toBeLessThan(2 * planes);
});
