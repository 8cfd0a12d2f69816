import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { encode } from 'fast-png';
import { encodeNifti } from '../../gateway/imaging/formats/nifti/write-nifti';
import { startRealTriton, type RealTriton } from './real-triton';
import { startGateway, type RunningGateway } from './running-gateway';

const samples = path.join(__dirname, '../../samples');
const NIFTI_HEADER_BYTES = 352;
const shape = [80, 72, 40];

/** An ellipsoid of 150 HU in -100 HU: its half axes are 18, 14 and 8 voxels. */
const inOrgan = (x: number, y: number, z: number) =>
  ((x - 40) / 18) ** 2 + ((y - 36) / 14) ** 2 + ((z - 20) / 8) ** 2 < 1;
const voxels = Int16Array.from({ length: 80 * 72 * 40 }, (_, at) =>
  inOrgan(at % 80, Math.floor(at / 80) % 72, Math.floor(at / 5760)) ? 150 : -100,
);

let triton: RealTriton;
let gateway: RunningGateway;
let folder: string;

beforeAll(async () => {
  triton = await startRealTriton();
  gateway = await startGateway({ tritonUrl: triton.grpcUrl, repository: triton.repository });
  folder = mkdtempSync(path.join(tmpdir(), 'samples-'));
  cpSync(samples, folder, { recursive: true });
  const affine = [1.5, 0, 0, 0, 0, 1.5, 0, 0, 0, 0, 2.5, 0, 0, 0, 0, 1];
  const image = { data: voxels, shape, strides: [1, 80, 5760], axes: 'XYZ', affine };
  const ct = await encodeNifti(image as never, { dtype: 'int16', affine: affine as never });
  const xray = encode({ width: 50, height: 40, channels: 1, depth: 8, data: new Uint8Array(2000).fill(200) });
  for (const name of kinds) {
    writeFileSync(path.join(folder, name, 'ct.nii.gz'), ct);
    writeFileSync(path.join(folder, name, 'xray.png'), xray);
  }
});

afterAll(async () => {
  await gateway?.stop();
  await triton?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

// The pipeline needs the two models before it.
const kinds = [
  'segmentation',
  'annotation',
  'deepgrow_2d',
  'deepgrow_3d',
  'pipeline',
  'classification',
  'monai_bundle',
];

/** The commands that the README of a sample shows, each block as it is typed, in the folder of the sample. */
async function runReadme(kind: string): Promise<{ upload: string; call: string; mask(): Uint8Array }> {
  const text = readFileSync(path.join(samples, kind, 'README.md'), 'utf8');
  const blocks = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block);
  expect(blocks).toHaveLength(2);
  const cwd = path.join(folder, kind);
  const output: string[] = [];
  for (const block of blocks) {
    const typed = block.replaceAll('http://HOST:5000', gateway.url).replaceAll('curl ', 'curl -sS --fail-with-body ');
    const { stdout } = await promisify(execFile)('bash', ['-ec', typed], { cwd }).catch((error) => {
      throw new Error(`${typed}${error.stderr}${error.stdout}`);
    });
    output.push(stdout);
  }
  const mask = () => gunzipSync(readFileSync(path.join(cwd, 'mask.nii.gz'))).subarray(NIFTI_HEADER_BYTES);
  return { upload: output[0], call: output[1], mask };
}

const at = (mask: Uint8Array, x: number, y: number, z: number) => mask[x + 80 * y + 5760 * z];

function dice(mask: Uint8Array): number {
  const [both, sum] = mask.reduce(
    ([inBoth, all], label, index) => {
      const organ = voxels[index] === 150 ? 1 : 0;
      return [inBoth + 2 * organ * label, all + organ + label];
    },
    [0, 0],
  );
  return both / sum;
}

test('each folder of a kind is run here', () => {
  const folders = readdirSync(samples, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() && !['support', 'spleen_ct'].includes(entry.name) ? [entry.name] : [],
  );
  expect(folders.sort()).toEqual([...kinds].sort());
});

test('make-models.mjs makes the networks that lie in the folders', async () => {
  const cwd = path.join(folder, 'support');
  await promisify(execFile)(process.execPath, [path.join(folder, 'make-models.mjs')], { cwd });
  const files = readdirSync(samples, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.onnx'));
  expect(files.length).toBeGreaterThan(5);
  for (const file of files)
    expect([file, readFileSync(path.join(folder, file)).equals(readFileSync(path.join(samples, file)))]).toEqual([file, true]); // prettier-ignore
});

test.each(['segmentation', 'annotation', 'monai_bundle'])('%s finds the organ', async (kind) => {
  const { upload, mask } = await runReadme(kind);
  expect(JSON.parse(upload)).toMatchObject({ success: true, triton: { state: 'READY' } });
  expect(mask()).toHaveLength(voxels.length);
  expect(dice(mask())).toBeGreaterThan(0.9);
});

test('deepgrow_2d marks voxels around the click, in its slice', async () => {
  const mask = (await runReadme('deepgrow_2d')).mask();
  expect(at(mask, 40, 36, 20)).toBe(1);
  expect(mask.subarray(0, 5760 * 20).includes(1) || mask.subarray(5760 * 21).includes(1)).toBe(false);
});

test('deepgrow_3d marks voxels around the foreground click and not around the background click', async () => {
  const mask = (await runReadme('deepgrow_3d')).mask();
  expect([at(mask, 40, 36, 20), at(mask, 40, 36, 19), at(mask, 10, 10, 20)]).toEqual([1, 1, 0]);
});

test('the pipeline goes on with the slices of the volume', async () => {
  const mask = (await runReadme('pipeline')).mask();
  expect([at(mask, 40, 36, 20), at(mask, 40, 36, 19), at(mask, 10, 10, 20)]).toEqual([1, 1, 0]);
});

test('classification answers with a probability per class', async () => {
  const { call } = await runReadme('classification');
  // The mean is 200 / 255, the scores are 4 * mean - 2 and its negative.
  const bright = 1 / (1 + Math.exp(-(4 * (200 / 255) - 2)));
  const { prediction, probabilities } = JSON.parse(call);
  expect(prediction).toEqual(['bright']);
  expect(probabilities.bright).toBeCloseTo(bright, 5);
  expect(probabilities.dark).toBeCloseTo(1 - bright, 5);
});
