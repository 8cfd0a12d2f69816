import { gunzipSync } from 'node:zlib';
import { annotationConfig, annotationGraph } from '../models/annotation-graph';
import { brightConfig, identityModel } from '../onnx-builder';
import { rampNifti } from '../ramp-nifti';
import { expectPlainMultipart, file, params, poco } from './forms';
import { modelAsCpp, pointsAsCpp, readAsPoco } from './poco';
import { bright, geometryOf, scan, scanGz, sixPoints, voxelsOf } from './scan';
import { startServer, type ClientServer } from './server';
import { deepgrow2d } from '../models/deepgrow-config';
import { deepgrowModel } from '../models/deepgrow-onnx';

let server: ClientServer;

beforeAll(async () => {
  server = await startServer({
    bright: [brightConfig(), identityModel()],
    annotation: [annotationConfig, annotationGraph(), 'model.trt.pb'],
    deepgrow: [deepgrow2d, deepgrowModel([256, 256], 0.5)],
  });
});
afterAll(() => server?.stop());

const call = (selector: string, ...parts: Parameters<typeof poco>[3] & object) =>
  poco(server.url, 'POST', selector, parts);
const jsonOf = async (selector: string) => {
  const { status, headers, body } = await poco(server.url, 'GET', selector);
  expect({ status, length: Number(headers['content-length']) }).toEqual({ status: 200, length: body.length });
  return JSON.parse(body.toString()) as Record<string, unknown>;
};

describe('HTTP/1.0, quoted boundary, params first, field image', () => {
  test.each([
    ['segmentation', '/v1/segmentation?model=bright', {}, 'tmpabc.nii.gz', scanGz],
    ['not compressed', '/v1/segmentation?model=bright', {}, 'tmpabc.nii', scan],
    ['the inference tool', '/v1/inference?model=bright', {}, 'tmpabc.nii.gz', scanGz],
    ['DEXTR3D', '/v1/dextr3d?model=bright', { points: sixPoints }, 'tmpabc.nii.gz', scanGz],
    ['1.0.2: points as text', '/v1/dextr3d?model=bright', { points: JSON.stringify(sixPoints) }, 'a.nii.gz', scanGz],
    ['a name with everything in it', '/v1/segmentation?model=bright', {}, 'ä"b\\c;d.nii.gz', scanGz],
    ['a space in the query as %20', '/v1/segmentation?model=bright&note=a%20b', {}, 'x.nii.gz', scanGz],
  ])('%s', async (_what, selector, fields, name, image) => {
    const answer = await call(selector, params(fields), file('image', name, image));
    expectPlainMultipart(answer);
    const { text, file: mask, fileName } = readAsPoco(answer);
    expect(fileName).toBe('result.nii.gz');
    expect([...voxelsOf(mask!)]).toEqual([...bright]);
    expect(geometryOf(mask!)).toEqual(geometryOf(scan));
    expect(gunzipSync(mask!).readInt16LE(70)).toBe(2); // uint8: int8 breaks MITK's DExtr3D
    const points = pointsAsCpp(text!);
    expect(points).toHaveLength(6);
    expect(points.every((point) => point.length === 3)).toBe(true);
  });
});

test('a fourth axis of length 1 in the upload does not come back', async () => {
  const image = Buffer.from(scan);
  image.writeInt16LE(4, 40);
  image.writeInt16LE(1, 48);
  const answer = await call('/v1/segmentation?model=bright', params('{}'), file('image', 'x.nii', image));
  expectPlainMultipart(answer);
  const mask = gunzipSync(readAsPoco(answer).file!);
  expect([mask.readInt16LE(40), mask.readInt16LE(42), mask.readInt16LE(46)]).toEqual([3, 8, 6]);
  expect([...mask.subarray(352)]).toEqual([...bright]);
});

describe('the model list', () => {
  test('an array, sorted, that the C++ client takes entry by entry', async () => {
    const list = (await jsonOf('/v1/models')) as unknown as Record<string, unknown>[];
    const models = list.map(modelAsCpp);
    expect(models.map(({ name }) => name)).toEqual(['annotation', 'bright', 'deepgrow']);
    expect(list.every(({ version, description }) => typeof version === 'string' && typeof description === 'string')).toBe(true);
    expect(models[0]).toMatchObject({ type: 'annotation', padding: 20, roi: [128, 128, 128] });
  }); // prettier-ignore

  test('one object by name; 404 with a reason for a name that is not there', async () => {
    expect(modelAsCpp(await jsonOf('/v1/models?model=bright'))).toMatchObject({ name: 'bright', labels: ['bright'] });
    const missing = await poco(server.url, 'GET', '/v1/models?model=none');
    expect([missing.status, missing.reason]).toEqual([404, 'Model Not Found']);
  });

  test('by the active label, as MITK asks by default; nothing found is an empty array', async () => {
    expect(await jsonOf('/v1/models?label=BRIGHT')).toMatchObject([{ name: 'bright' }]);
    expect(await jsonOf('/v1/models?label=New%20label%201')).toEqual([]);
    expect(await jsonOf('/v1/models?type=none')).toEqual([]);
    // `a&b+c#d` leaves this client as it is, without what stands after the #.
    expect(await jsonOf('/v1/models?label=a&b+c')).toEqual([]);
    expect(await jsonOf('/v1/models?label=')).toHaveLength(3);
  });
});

describe('DeepGrow in MITK', () => {
  test('a session, then clicks of one slice without current_point; the mask lies on the whole grid', async () => {
    const image = await rampNifti([40, 30, 6], [0.8, 0.9, 2.5]);
    expect(await jsonOf('/v1/models?type=deepgrow')).toMatchObject([{ name: 'deepgrow', deepgrow: '2D' }]);
    const put = await poco(server.url, 'PUT', '/session/', [params('{}'), file('image', 'tmp.nii.gz', image)]);
    expect(put.status).toBe(200);
    const { session_id: id } = JSON.parse(put.body.toString()) as { session_id: unknown };
    expect(typeof id).toBe('string');

    expect(modelAsCpp(await jsonOf('/v1/models?model=deepgrow'))).toMatchObject({ type: 'deepgrow' });
    const selector = `/v1/deepgrow?model=deepgrow&session_id=${String(id)}`;
    const answer = await call(selector, params('{"foreground":[[20,15,3]], "background":[]}'));
    expectPlainMultipart(answer);
    const { text, file: mask } = readAsPoco(answer);
    pointsAsCpp(text!);
    const input = gunzipSync(image);
    const output = gunzipSync(mask!);
    expect(output.subarray(40, 56).equals(input.subarray(40, 56))).toBe(true);
    expect(geometryOf(mask!)).toEqual(geometryOf(image));
    const voxels = output.subarray(352);
    expect(voxels[20 + 40 * (15 + 30 * 3)]).toBe(1);
    expect([...new Set(voxels)].sort()).toEqual([0, 1]);
    expect(voxels.every((value, at) => value === 0 || Math.floor(at / 1200) === 3)).toBe(true);

    expect((await poco(server.url, 'DELETE', `/session/${String(id)}`)).status).toBe(200);
    const dead = await call(selector, params('{"foreground":[[20,15,3]], "background":[]}'));
    expect([dead.status, dead.reason]).toEqual([440, 'Session Expired']);
  });
});

test('reason phrases are short and ASCII: MITK shows nothing else', async () => {
  const answers = [
    await poco(server.url, 'GET', '/v1/models?model=%C3%A4'),
    await poco(server.url, 'GET', '/nothing'),
    await call('/v1/segmentation?model=bright', params('{}')),
    await call('/v1/segmentation?model=bright&session_id=x', params('{}')),
    await call('/v1/segmentation?model=bright', params('{points'), file('image', 'x.nii.gz', scanGz)),
    await call('/v1/segmentation?model=bright', params('{}'), file('image', 'x.nii.gz', Buffer.from('no image'))),
    await call('/v1/mask2polygon', params('{"more_points":10}')),
    await poco(server.url, 'DELETE', '/session/none'),
  ];
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 400, 440, 400, 400, 400, 404]);
  for (const { reason } of answers) expect(reason).toMatch(/^[A-Z][\x20-\x7e]{1,40}$/);
});

// The last one: it leaves no Triton.
test('backend down: the list answers, and a call is 503, before MITK’s 60 s are over', async () => {
  await server.triton.kill9();
  const timed = async (selector: string, parts?: Parameters<typeof poco>[3]) => {
    const started = performance.now();
    const { status, reason } = await poco(server.url, parts ? 'POST' : 'GET', selector, parts);
    return { status, reason, seconds: (performance.now() - started) / 1000 };
  };
  const list = await timed('/v1/models');
  expect(list.status).toBe(200);
  expect(list.seconds).toBeLessThan(60);
  const answer = await timed('/v1/segmentation?model=bright', [params('{}'), file('image', 'x.nii.gz', scanGz)]);
  expect([answer.status, answer.reason]).toEqual([503, 'Triton Unavailable']);
  expect(answer.seconds).toBeLessThan(60);
  expect((await timed('/v1/models?model=bright')).seconds).toBeLessThan(60);
});
