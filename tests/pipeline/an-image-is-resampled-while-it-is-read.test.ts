import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { gzipSync } from 'node:zlib';
import { ArrivingFile } from '../../gateway/imaging/formats/arriving-file';
import type * as Pool from '../../gateway/imaging/formats/dicom/frames/pool/decode-pool';
import { makeNifti1 } from '../imaging/formats/nifti/make-nifti';

// Threads run compiled files.
const pool = '../../dist/imaging/formats/dicom/frames/pool/decode-pool.js';
const { connectDecoders } = jest.requireActual<typeof Pool>(pool);

const folder = mkdtempSync(join(tmpdir(), 'while-read-'));
const SHAPE = [120, 110, 90];
const voxels = Int16Array.from({ length: SHAPE.reduce((a, b) => a * b) }, (_, i) => Math.imul(i, 2654435761) >> 20);
const recipe = { dim: SHAPE, datatype: 4, pixdim: [1, 0.8, 0.8, 1.5], voxels: new Uint8Array(voxels.buffer) };
const whole = gzipSync(makeNifti1(recipe), { level: 1 });
/** Stored numbers are not the real ones, as in most CTs, and real ones are rounded. */
const scaled = gzipSync(makeNifti1({ ...recipe, slope: 0.7, inter: -1024.3 }), { level: 1 });
const port = connectDecoders();
const thread = new Worker(join(__dirname, 'chain-thread.mjs'), { workerData: port, transferList: [port] });
afterAll(async () => {
  await thread.terminate();
  rmSync(folder, { recursive: true });
});

interface Outcome {
  data?: Float32Array;
  shape?: number[];
  warnings?: string[];
  message?: string;
  isBeside: boolean;
}

const ask = async (message: object): Promise<Outcome> => {
  thread.postMessage(message);
  const [outcome] = (await once(thread, 'message')) as [Outcome];
  return outcome;
};

/** The outcome where the file is there, and where it arrives in pieces and another thread reads it. */
async function bothWays(steps: object[], file: Buffer) {
  const path = join(folder, 'whole.nii.gz');
  writeFileSync(path, file);
  const alone = await ask({ steps, path, beside: false });
  const coming = join(folder, 'coming.nii.gz');
  writeFileSync(coming, '');
  const arriving = new ArrivingFile(coming, 1 << 30);
  const answer = ask({ steps, path: coming, shared: arriving.shared, beside: true });
  for (let at = 0; at < file.length; at += 100_000) {
    appendFileSync(coming, file.subarray(at, at + 100_000));
    arriving.grown(Math.min(file.length, at + 100_000), false);
    await setImmediate();
  }
  arriving.grown(file.length, true);
  return { alone, beside: await answer };
}

const clara = (...more: object[]) => [{ name: 'LoadNifti', args: { fields: 'image' } }, ...more];
const monai = (more: object) => [
  { name: 'LoadImaged', args: { keys: 'image' } },
  { name: 'EnsureChannelFirstd', args: { keys: 'image' } },
  { name: 'Spacingd', args: { keys: 'image', pixdim: [1.5, 1.2, 2], ...more } },
];
const first = { name: 'ConvertToChannelsFirst', args: { fields: 'image' } };
const scale = (more: object) => ({
  name: 'ScaleByResolution',
  args: { fields: 'image', target_resolution: [1, 1, 2.1], ...more },
});

test.each<[string, object[], boolean]>([
  ['linear, by resolution', clara(first, scale({})), true],
  ['nearest, by resolution', clara(first, scale({ is_label: true })), true],
  ['to a grid of many more planes', clara({ name: 'ScaleToShape', args: { fields: 'image', target_shape: [30, 20, 300] } }), true], // prettier-ignore
  ['to the grid it has', clara({ name: 'ScaleByFactor', args: { fields: 'image', factor: 1 } }, first), true],
  ['bilinear spacing', monai({}), true],
  ['padded with zeros', monai({ padding_mode: 'zeros' }), true],
  ['nearest spacing', monai({ mode: 'nearest' }), true],
  ['splines', monai({ mode: 3 }), true],
  ['a first step that looks at all of it', clara(first, { name: 'ScaleIntensityRange', args: { fields: 'image', a_min: 0, a_max: 9, b_min: 0, b_max: 1 } }, scale({})), false], // prettier-ignore
  ['no step after it', clara(first), false],
])('%s: the numbers are those of an image that was read before', async (_, steps, isBeside) => {
  for (const file of [whole, scaled]) await compareBoth(steps, file, isBeside);
});

async function compareBoth(steps: object[], file: Buffer, isBeside: boolean) {
  const { alone, beside } = await bothWays(steps, file);
  expect([alone.message, beside.message, beside.isBeside, alone.isBeside]).toEqual([undefined, undefined, isBeside, false]); // prettier-ignore
  expect([beside.shape, beside.data!.constructor.name]).toEqual([alone.shape, 'Float32Array']);
  expect(beside.data!.findIndex((value, i) => value !== alone.data![i])).toBe(-1);
}

test.each([
  ['ends early', whole.subarray(0, whole.length - 5000), /is truncated/],
  ['is damaged', Buffer.concat([whole.subarray(0, 90_000), Buffer.alloc(9, 0x55), whole.subarray(90_009)]), /damaged gzip data/], // prettier-ignore
])('a file that %s is refused with the same sentence', async (_, file, words) => {
  const { alone, beside } = await bothWays(clara(first, scale({})), file);
  expect(beside).toEqual({ ...alone, isBeside: true });
  expect(beside.message).toMatch(words);
});

test('what the header does not tell of is said', async () => {
  const longer = gzipSync(Buffer.concat([makeNifti1(recipe), Buffer.alloc(1000)]), { level: 1 });
  const { alone, beside } = await bothWays(clara(first, scale({})), longer);
  expect(beside.isBeside).toBe(true);
  expect([beside.warnings, beside.warnings?.length]).toEqual([alone.warnings, 1]);
});
