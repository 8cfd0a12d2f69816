import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { encodeNifti } from '../../gateway/imaging/formats/nifti/write-nifti';
import { cropResampled } from '../../gateway/imaging/ops/crop/point-crop';
import golden from '../golden/annotation_crop.json';
import { zipOf } from '../packages/zip-builder';
import { rampVolume } from '../transforms/deepgrow-samples';
import { get, infer, openSession, putModel, type Answer } from './client';
import { annotationConfig, annotationGraph, trainingPlaceholder } from './models/annotation-graph';
import { startRealTriton, type RealTriton } from './real-triton';
import { startGateway, type RunningGateway } from './running-gateway';

let triton: RealTriton;
let gateway: RunningGateway;

beforeAll(async () => {
  triton = await startRealTriton();
  gateway = await startGateway({ tritonUrl: triton.grpcUrl, repository: triton.repository });
  const { status, json } = await putModel(
    gateway.url,
    'annotation_spleen2',
    annotationConfig,
    annotationGraph(),
    'model.trt.pb',
  );
  expect({ status, message: json.error?.message, warnings: json.warnings }).toEqual({ status: 200, warnings: [] });
});

afterAll(async () => {
  await gateway?.stop();
  await triton?.stop();
});

/** The same model, as NGC ships it: an MMAR zip. */
test('uploaded as an MMAR zip, it is the same model under another name', async () => {
  const zip = zipOf({
    'config/config_aiaa.json': JSON.stringify(annotationConfig),
    'config/config_train.json': '{}',
    'docs/Readme.md': 'Annotation of the spleen',
    'models/model.trt.pb': annotationGraph(),
    'models/checkpoint': 'model_checkpoint_path: "model.ckpt"',
  });
  const form = new FormData();
  form.append('data', new Blob([zip as Uint8Array<ArrayBuffer>]), 'clara_ct_annotation_spleen.zip');
  const response = await fetch(`${gateway.url}/admin/model/annotation_spleen`, { method: 'PUT', body: form });
  expect({ status: response.status, body: await response.json() }).toMatchObject({
    status: 200,
    body: { warnings: [] },
  });

  const list = (await get(`${gateway.url}/v1/models?type=annotation`)).json as { name: string }[];
  expect(list.map(({ name }) => name)).toEqual(['annotation_spleen', 'annotation_spleen2']);
  const { shape, spacing, points, sha256: expected } = golden[0];
  const image = await encodeNifti(rampVolume(shape, spacing), { dtype: 'float32' });
  const answer = await infer(gateway.url, 'annotation_spleen', image, { endpoint: 'dextr3d', params: { points } });
  expect(sha256(maskOf(answer))).toBe(expected);
});

const maskOf = ({ image }: Answer) => gunzipSync(image!).subarray(352);
const sha256 = (mask: Uint8Array) => createHash('sha256').update(mask).digest('hex');
const sumOf = (mask: Uint8Array) => mask.reduce((sum, value) => sum + value, 0);

test('listed with what clients need for their crop', async () => {
  const { json } = await get(`${gateway.url}/v1/models?model=annotation_spleen2`);
  expect(json).toEqual({
    name: 'annotation_spleen2',
    type: 'annotation',
    labels: ['spleen'],
    description: annotationConfig.description,
    version: '2',
    padding: 20,
    roi: [128, 128, 128],
  });
});

describe.each(golden)('six points in a volume of $shape', (expected) => {
  const { shape, spacing, points, low, high, cropPoints } = expected;
  const affine = [-spacing[0], 0, 0, 90, 0, 0, spacing[2], -7, 0, -spacing[1], 0, 12, 0, 0, 0, 1];
  const volume = { ...rampVolume(shape, spacing), affine };

  test('the whole volume is sent: the gateway crops, and puts the mask back on the grid of the file', async () => {
    const image = await encodeNifti(volume, { dtype: 'float32' });
    const answer = await infer(gateway.url, 'annotation_spleen2', image, { endpoint: 'dextr3d', params: { points } });
    expect({ status: answer.status, message: answer.json.error?.message }).toEqual({ status: 200 });
    const mask = maskOf(answer);
    expect(sumOf(mask)).toBe(expected.sum);
    expect(sha256(mask)).toBe(expected.sha256);
    const [input, output] = [gunzipSync(image), gunzipSync(answer.image!)];
    expect(output.subarray(252, 328).equals(input.subarray(252, 328))).toBe(true);
    expect(output.subarray(40, 56).equals(input.subarray(40, 56))).toBe(true);
    const found = answer.json.points as number[][];
    expect(found).toHaveLength(6);
    found.forEach((point) => point.forEach((index, d) => {
      expect(index).toBeGreaterThanOrEqual(low[d]);
      expect(index).toBeLessThan(high[d]);
    })); // prettier-ignore
  });

  test('the client crops: the mask has the grid of its crop', async () => {
    const crop = cropResampled(volume, { low, high }, [128, 128, 128]);
    const image = await encodeNifti(crop, { dtype: 'float32' });
    const answer = await infer(gateway.url, 'annotation_spleen2', image, {
      endpoint: 'dextr3d',
      params: { points: cropPoints },
    });
    expect(answer.status).toBe(200);
    expect(sumOf(maskOf(answer))).toBe(expected.cropSum);
    expect(sha256(maskOf(answer))).toBe(expected.cropSha256);
    expect(gunzipSync(answer.image!).subarray(280, 328).equals(gunzipSync(image).subarray(280, 328))).toBe(true);
  });
});

test('in a session every call is cropped around its own points', async () => {
  const [{ shape, spacing, points, sha256: expected }] = golden;
  const image = await encodeNifti(rampVolume(shape, spacing), { dtype: 'float32' });
  const session = await openSession(gateway.url, image);
  const moved = points.map(([i, j, k]) => [i + 20, j + 10, k]);
  const call = (at: number[][]) =>
    infer(gateway.url, 'annotation_spleen2', undefined, {
      endpoint: 'dextr3d',
      params: { points: at },
      query: `session_id=${session}`,
    });
  expect(sha256(maskOf(await call(points)))).toBe(expected);
  expect(sha256(maskOf(await call(moved)))).not.toBe(expected);
  expect(sha256(maskOf(await call(points)))).toBe(expected);
});

test('points outside the image, too few points and none are the client’s fault', async () => {
  const image = await encodeNifti(rampVolume([30, 30, 30]), { dtype: 'float32' });
  for (const params of [{ points: [[500, 5, 5]] }, { points: [[1, 2, 3]] }, { points: [] }, {}]) {
    const answer = await infer(gateway.url, 'annotation_spleen2', image, { endpoint: 'dextr3d', params });
    expect(answer.status).toBe(400);
    expect(String(answer.json.error.message)).toMatch(/points/);
  }
});

test('a graph is asked for the nodes that the config names', async () => {
  const nodes = { input_nodes: { image: 'NV_MODEL_INPUTS' }, output_nodes: { model: 'NV_MODEL_OUTPUT' } };
  const wrong = { ...annotationConfig, inference: { ...annotationConfig.inference, tf: nodes } };
  const answer = await putModel(gateway.url, 'mistyped', wrong, annotationGraph(), 'model.trt.pb');
  expect(answer.status).toBe(400);
  expect(String(answer.json.error.message)).toMatch(/"NV_MODEL_INPUTS".*NV_MODEL_INPUT"/);
  const withSwitch = await putModel(
    gateway.url,
    'switched',
    annotationConfig,
    annotationGraph(trainingPlaceholder),
    'model.trt.pb',
  );
  expect(withSwitch.status).toBe(200);
  expect(withSwitch.json.warnings.join()).toMatch(/"training"/);
});
