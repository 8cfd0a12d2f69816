import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { decodeImage } from '../../gateway/imaging/formats/decode';
import { sampleCt } from '../sample-ct';
import { describeWithData, sharedData } from '../shared-data';
import { get, infer, putModel, sampleConfig, sampleModel } from './client';
import { startRealTriton, type RealTriton } from './real-triton';
import { startGateway, type RunningGateway } from './running-gateway';

/** Made by tests/golden/spleen_reference.py: nibabel, torch and ONNX Runtime, the same steps. */
const goldens: {
  file: string;
  shape: number[];
  sha256: string;
  counts: Record<string, number>;
  nearTies: number;
  dice: number;
}[] = JSON.parse(readFileSync(path.join(__dirname, '../golden/spleen_reference.json'), 'utf8'));
const golden = (name: string) => goldens.find(({ file }) => file.endsWith(name))!;

const HEADER_BYTES = 352;

let triton: RealTriton;
let gateway: RunningGateway;

beforeAll(async () => {
  triton = await startRealTriton();
  gateway = await startGateway({ tritonUrl: triton.grpcUrl, repository: triton.repository });
  const { status, json } = await putModel(gateway.url, 'spleen_ct', sampleConfig(), sampleModel());
  expect({ status, state: json.triton?.state, message: json.error?.message }).toEqual({
    status: 200,
    state: 'READY',
    message: undefined,
  });
});

afterAll(async () => {
  await gateway?.stop();
  await triton?.stop();
});

const voxelsOf = (nifti: Uint8Array): Buffer => gunzipSync(nifti).subarray(HEADER_BYTES);

function count(voxels: Uint8Array): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const label of voxels) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

/** Dice of label 1; both in file order. */
function dice(mask: Uint8Array, reference: ArrayLike<number>): number {
  let both = 0;
  let either = 0;
  for (let i = 0; i < mask.length; i++) {
    const [a, b] = [mask[i] === 1, reference[i] === 1];
    both += Number(a && b);
    either += Number(a) + Number(b);
  }
  return (2 * both) / either;
}

async function segmentAndCompare(imagePath: string, referencePath: string): Promise<void> {
  const image = readFileSync(imagePath);
  const { status, json, image: mask, headers } = await infer(gateway.url, 'spleen_ct', image);
  expect(status).toBe(200);
  const expected = golden(/512/.test(imagePath) ? 'ct_abdomen_512x512x20.nii.gz' : 'ct_abdomen_3mm.nii.gz');
  const voxels = voxelsOf(mask!);
  expect(count(voxels)).toEqual(expected.counts);
  expect(createHash('sha256').update(voxels).digest('hex')).toBe(expected.sha256);
  const reference = await decodeImage(referencePath, referencePath);
  expect(dice(voxels, reference.volume.data)).toBeCloseTo(expected.dice, 3);

  // Same grid: qform, sform with codes and units stand byte for byte as in the input (NIfTI-1 header, bytes 252-328 and 76-108).
  const [input, output] = [gunzipSync(image), gunzipSync(mask!)];
  expect(output.subarray(252, 328).equals(input.subarray(252, 328))).toBe(true);
  expect(output.subarray(40, 56).equals(input.subarray(40, 56))).toBe(true);
  expect(output.subarray(76, 92).equals(input.subarray(76, 92))).toBe(true);
  expect(output.readInt16LE(70)).toBe(2); // uint8

  expect(json.points).toHaveLength(6);
  for (const point of json.points) {
    expect(
      point.every(
        (index: number, axis: number) => Number.isInteger(index) && index >= 0 && index < expected.shape[axis],
      ),
    ).toBe(true);
  }
  const stages = [...headers.get('server-timing')!.matchAll(/([a-z]+);dur=[\d.]+/g)].map(([, name]) => name);
  expect(stages).toEqual(['queue', 'decode', 'pre', 'window', 'triton', 'post', 'write', 'total']);
}

test('the sample CT gives the mask of the reference chain', async () => {
  const { image, reference } = await sampleCt();
  await segmentAndCompare(image, reference);
});

const full = ['data/ct/ct_abdomen_512x512x20.nii.gz', 'data/ct/ct_abdomen_512x512x20_seg117.nii.gz'];
describeWithData('a CT of 512 x 512 x 20', full, () => {
  test('gives the mask of the reference chain', async () => {
    await segmentAndCompare(sharedData(full[0])!, sharedData(full[1])!);
  });
});

const torchScript = 'data/models/spleen_ct_unet2d.pt';
describeWithData('TorchScript and ONNX of the same weights', [torchScript, full[0]], () => {
  test('give the same mask through the same config', async () => {
    const config = sampleConfig();
    const { input, output } = config.inference.trtis;
    config.inference.trtis.platform = 'pytorch_libtorch';
    input[0].name = 'INPUT__0';
    output[0].name = 'OUTPUT__0';
    config.inference.node_mapping = { INPUT__0: 'image', OUTPUT__0: 'model' };
    const put = await putModel(gateway.url, 'spleen_torch', config, readFileSync(sharedData(torchScript)!), 'model.pt');
    expect({ status: put.status, message: put.json.error?.message }).toEqual({ status: 200, message: undefined });

    const image = readFileSync(sharedData(full[0])!);
    const masks = await Promise.all(
      ['spleen_ct', 'spleen_torch'].map(async (model) => voxelsOf((await infer(gateway.url, model, image)).image!)),
    );
    let equal = 0;
    for (let i = 0; i < masks[0].length; i++) equal += Number(masks[0][i] === masks[1][i]);
    expect(equal / masks[0].length).toBeGreaterThanOrEqual(0.9999);
    expect(count(masks[1])['1']).toBeGreaterThan(100_000);
  });
});

describe('GET /v1/models', () => {
  test('lists the model with strings only, and one object for one name', async () => {
    const { json: list } = await get(`${gateway.url}/v1/models/`);
    const entry = list.find(({ name }: { name: string }) => name === 'spleen_ct');
    expect(entry).toEqual({
      name: 'spleen_ct',
      type: 'segmentation',
      labels: ['spleen', 'liver', 'kidneys', 'stomach'],
      description: expect.stringContaining('Spleen'),
      version: '3',
    });
    expect((await get(`${gateway.url}/v1/models?model=spleen_ct`)).json).toEqual(entry);
  });

  test.each([
    ['label=spleen', 1],
    ['label=SPLEEN', 1],
    ['label=New%20label%201', 0],
    ['label=', 1],
    ['type=segmentation', 1],
    ['type=deepgrow', 0],
    ['label=spleen&type=segmentation&unknown=1', 1],
  ])('?%s', async (query, atLeast) => {
    const { status, json } = await get(`${gateway.url}/v1/models?${query}`);
    expect(status).toBe(200);
    if (atLeast) expect(json.map(({ name }: { name: string }) => name)).toContain('spleen_ct');
    else expect(json).toEqual([]);
  });

  test('an unknown model is 404 and names those there are', async () => {
    const { status, json } = await get(`${gateway.url}/v1/models?model=liver`);
    expect(status).toBe(404);
    expect(json.error.message[0]).toContain('spleen_ct');
  });
});

test('GET /admin/model gives the config as it was uploaded', async () => {
  expect((await get(`${gateway.url}/admin/model/spleen_ct`)).json).toEqual(sampleConfig());
});
