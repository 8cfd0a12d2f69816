import { createHash } from 'node:crypto';
import { channelsLast, packed } from '../../gateway/imaging/formats/written-voxels';
import type { Volume } from '../../gateway/imaging/volume';
import golden from '../golden/transforms_clara_steps.json';
import { describeWithData } from '../shared-data';
import { expectSampled, type Sampled } from './golden';
import { pattern, run, sampleWith } from './samples';

type Expected = { shape: number[]; sha256: string } | Sampled;

function expectAs(volume: Volume, expected: Expected): void {
  if (!('sha256' in expected)) return expectSampled(volume, expected);
  const skip = volume.shape.length - expected.shape.length;
  expect(volume.shape.slice(skip < 0 ? 0 : skip)).toEqual(expected.shape);
  const values = Float32Array.from(packed(channelsLast(volume)));
  expect(createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex')).toBe(expected.sha256);
}

/** The golden program's spots, that components may be removed. */
function addSpots({ data, shape: [nx, ny, nz] }: Volume): void {
  for (let k = 0; k < nz; k += 5) {
    for (let j = 0; j < ny; j += 7) for (let i = 0; i < nx; i += 9) data[i + nx * (j + ny * k)] = 4;
  }
  for (let k = 5; k < nz; k += 17) {
    for (let j = 2; j < ny; j += 13) for (let i = 3; i < nx; i += 11) data[i + nx * (j + ny * k)] = 5;
  }
}

const named = golden.steps.map((one) => ({ ...one, title: `${one.file} ${JSON.stringify(one.steps)}` }));

describe.each(named)('$title', ({ file: path, steps, fields, ...extra }) => {
  describeWithData('with the file', [`data/${path}`], (file) => {
    test('as the reference', async () => {
      const sample = sampleWith({}, {}, file);
      if (!('loads' in extra)) await run(sample, 'LoadNifti', { fields: 'image' });
      if ('spots' in extra) addSpots(sample.volume('image'));
      for (const [name, args] of steps) await run(sample, name as string, args);
      for (const [field, expected] of Object.entries(fields)) expectAs(sample.volume(field), expected as Expected);
    });
  });
});

describe.each(golden.wayBack)('$file cropped, resized and padded', ({ file: path, steps, prepared, restored }) => {
  describeWithData('with the file', [`data/${path}`], (file) => {
    test('a mask goes back to where it belongs in the file', async () => {
      const sample = sampleWith({}, {}, file);
      await run(sample, 'LoadNifti', { fields: 'image' });
      await run(sample, 'ConvertToChannelsFirst', { fields: 'image' });
      for (const [name, args] of steps) await run(sample, name as string, args);
      expect(sample.volume('image').shape).toEqual([1, ...prepared]);
      sample.volumes.set('model', pattern(prepared));
      await run(sample, 'RestoreOriginalShape', { field: 'model', src_field: 'image', is_label: true });
      expectAs(sample.volume('model'), restored);
    });
  });
});
