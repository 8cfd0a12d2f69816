import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import golden from '../golden/nnunet_packs.json';
import { bytesOf, makeNifti1 } from '../imaging/formats/nifti/make-nifti';
import { checkpoint } from '../packages/nnunet/pickle-builder';
import { numbersOf, parameter } from '../packages/nnunet/small-network';
import { zipOf } from '../packages/zip-builder';
import { answerFile } from './answer-file';
import { infer, putModel } from './client';
import { sharedServer, type SharedServer } from './shared-server';

type Case = (typeof golden.cases)[number];

const parts = golden.models.slice(0, -1);

/** A results folder as nnU-Net's export zips it. */
function folderOf({ name, plans, dataset, sizes }: (typeof golden.models)[number]): Buffer {
  const weights = Object.fromEntries(sizes.map(([key, size]) => [key, parameter(`${name} ${key as string}`, size as number[])]));
  weights['decoder.seg_layers.0.bias'].data[0] += 1;
  const folder = `${plans.dataset_name}/nnUNetTrainer__nnUNetPlans__3d_fullres`;
  const files = { 'plans.json': JSON.stringify(plans), 'dataset.json': JSON.stringify(dataset) };
  return zipOf({
    ...Object.fromEntries(Object.entries(files).map(([file, text]) => [`${folder}/${file}`, text])),
    [`${folder}/fold_0/checkpoint_final.pth`]: checkpoint({ weights, plans, dataset, configuration: '3d_fullres', mirrorAxes: [0, 1, 2] }),
  });
} // prettier-ignore

/** The golden program's `image`, as a file. */
function imageOf({ shape, affine, image }: Case): Buffer {
  const numbers = numbersOf('image');
  const [nx, ny, nz] = shape;
  const values = new Float32Array(nx * ny * nz);
  for (let at = 0; at < values.length; at++) {
    const index = [at % nx, Math.floor(at / nx) % ny, Math.floor(at / nx / ny)];
    const isInside = index.every((i, d) => i >= Math.floor(shape[d] / 4) && i < Math.floor(shape[d] / 2));
    const stripes = (((7 * index[0] + 5 * index[1] + 3 * index[2]) % 40) * 20 - 400) + (isInside ? 500 : 0);
    const value = stripes + Math.trunc((numbers.next().value as number) * 60);
    values[at] = image === 'unit' ? (value + 460) / 2048 : image === 'fractions' ? value + 0.25 : value;
  }
  const spacing = [0, 1, 2].map((d) => Math.hypot(affine[d], affine[4 + d], affine[8 + d]));
  return makeNifti1({ dim: shape, datatype: 16, voxels: bytesOf(values), pixdim: [1, ...spacing], sform: { code: 1, rows: affine.slice(0, 12) } });
} // prettier-ignore

const packOf = ({ parts: used, crop }: Case) => ({
  type: 'pack',
  labels: golden.labels,
  parts: used.map((at) => ({ model: `pack_${parts[at].name}` })),
  resample: 1.5,
  step: 0.8,
  rough: { model: 'pack_rough', resample: 6, step: 0.8, margin: crop ? 6 : 20 },
  ...(crop && { crop }),
});

let server: SharedServer;

beforeAll(async () => {
  server = await sharedServer({});
  for (const model of golden.models) {
    const form = new FormData();
    form.append('data', new Blob([folderOf(model) as Uint8Array<ArrayBuffer>]), 'model.zip');
    form.append('mirroring', 'off');
    const answer = await fetch(`${server.url}/admin/model/pack_${model.name}`, { method: 'PUT', body: form });
    expect(await answer.json()).toMatchObject({ triton: { state: 'READY' }, warnings: [] });
  }
}, 120_000);

const nameOf = ({ name }: Case) => `pack_${name.replaceAll(/\W+/g, '_')}`;

test.each(golden.cases.map((one): [string, Case] => [one.name, one]))('%s: each label is TotalSegmentator’s', async (_, one) => {
  expect((await putModel(server.url, nameOf(one), packOf(one))).json).toMatchObject({ warnings: [] });
  const answer = await infer(server.url, nameOf(one), imageOf(one), { params: one.params });
  expect({ status: answer.status, message: answer.json?.error?.message }).toEqual({ status: 200, message: undefined });
  const warnings = answer.headers.get('x-aiaa-warnings') ?? '';
  expect(warnings.includes('whole numbers')).toBe(one.image === 'unit');
  const mask = await answerFile(answer);
  expect(mask.shape).toEqual(one.shape);
  mask.affine!.forEach((value, at) => expect(value).toBeCloseTo(one.affine[at], 5));
  const expected = gunzipSync(Buffer.from(one.labels, 'base64'));
  expect(expected.filter((label, at) => label !== mask.data[at])).toHaveLength(0);
}, 60_000); // prettier-ignore

test('a subset with an unknown name is refused, with the name that was meant', async () => {
  const one = golden.cases.find(({ params }) => 'roi_subset' in params)!;
  const answer = await infer(server.url, nameOf(one), imageOf(one), { params: { roi_subset: ['sacrum', 'vertebra_L1'] } });
  expect({ status: answer.status, message: answer.json.error.message[0] }).toEqual({
    status: 400,
    message: expect.stringContaining('"vertebra_L1", which is not a label of this model; did you mean vertebrae_L1'),
  });
}); // prettier-ignore

test('the command line fetches the networks of a task and loads its pack', async () => {
  const archive = folderOf(golden.models.at(-1)!);
  const asked: unknown[] = [];
  const releases = createServer(({ url }, response) => {
    asked.push(url);
    response.writeHead(200, { 'content-length': archive.length }).end(archive);
  });
  await new Promise<void>((resolve) => releases.listen(0, '127.0.0.1', resolve));
  const files = mkdtempSync(path.join(tmpdir(), 'releases-'));
  try {
    const base = `http://127.0.0.1:${(releases.address() as AddressInfo).port}`;
    const program = path.join(__dirname, '../../dist/cli/main.js');
    const words = ['load', 'pack_fastest', 'totalsegmentator', 'total-fastest', '--files', files, '--weights-url', base, '--server', server.url];
    const { stdout } = await promisify(execFile)(process.execPath, [program, ...words], { env: { ...process.env, no_proxy: '127.0.0.1' } });
    expect(stdout).toContain('117 labels of totalsegmentator-298');
    expect(asked).toEqual(['/v2.0.0-weights/Dataset298_TotalSegmentator_total_6mm_1559subj.zip']);
    const answer = await infer(server.url, 'pack_fastest', imageOf(golden.cases[0]));
    expect((await answerFile(answer)).shape).toEqual(golden.cases[0].shape);
  } finally {
    releases.close();
    rmSync(files, { recursive: true });
  }
}, 60_000); // prettier-ignore
