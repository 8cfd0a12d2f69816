import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { encodePng } from '../../../gateway/imaging/formats/png';
import { IDENTITY } from '../../../gateway/imaging/geometry';
import { temporaryFolder } from '../../imaging/formats/temporary-file';
import { infer } from '../client';
import { brightConfig, classifierConfig, classifierModel, identityModel } from '../onnx-builder';
import { multipartBody, post } from '../raw-http';
import { startGateway } from '../running-gateway';
import { file, params, python, expectPlainMultipart } from './forms';
import { callFromPython, testWithPython, type PythonAnswer } from './python';
import { bright, scan, scanGz, sixPoints, voxelsOf } from './scan';
import { sharedServer, type SharedServer } from '../shared-server';

let server: SharedServer;
let folder: string;
let image: string;

beforeAll(async () => {
  folder = temporaryFolder();
  image = path.join(folder, 'image ä.nii.gz');
  writeFileSync(image, scanGz);
  server = await sharedServer({
    bright: [brightConfig(), identityModel()],
    xray: [classifierConfig(['bright', 'dark']), classifierModel([4, -4], [-1, 1])],
  });
});

const call = (selector: string, fields: Record<string, string>, field = 'datapoint') => ({
  method: 'POST',
  selector,
  fields,
  files: { [field]: image },
});
const segmentation = () => call('/v1/segmentation?model=bright', { params: '{}' });

/** The mask of the same call made another way. */
async function expectMask({ status, form, file: saved, sha256 }: PythonAnswer): Promise<void> {
  expect(status).toBe(200);
  const { image: expected } = await infer(server.url, 'bright', scanGz);
  expect(sha256).toBe(createHash('sha256').update(expected!).digest('hex'));
  expect([...voxelsOf(readFileSync(saved!))]).toEqual([...bright]);
  const { points } = JSON.parse(form!.params) as { points: number[][] };
  expect(points).toHaveLength(6);
  expect(points.flat().every(Number.isInteger)).toBe(true);
}

testWithPython('segmentation: the params are a dict, the file is what the server wrote', async () => {
  const [answer] = await callFromPython(server.url, folder, [segmentation()]);
  await expectMask(answer);
  expect(Object.keys(answer.form!)).toEqual(['params']);
});

testWithPython('over a path prefix, and with the /v1 that old instructions told', async () => {
  for (const prefix of ['/prefix', '/a/b/', '/v1', '/aiaa/v1/', '/v1/models']) {
    const [answer, models] = await callFromPython(server.url + prefix, folder, [
      segmentation(),
      { method: 'GET', selector: '/v1/models?model=bright' },
    ]);
    await expectMask(answer);
    expect(JSON.parse(models.body!)).toMatchObject({ name: 'bright', type: 'segmentation', labels: ['bright'] });
  }
});

testWithPython('over https with a certificate that nobody signed', async () => {
  const [key, certificate] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=somewhere.else', '-days', '2', '-keyout', key, '-out', certificate];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject], { stdio: 'ignore' });
  const mask = path.join(folder, 'mask.nii');
  writeFileSync(mask, scan);
  // Polygons and sessions need no Triton.
  const secure = await startGateway({
    tritonUrl: 'grpc://127.0.0.1:1',
    repository: temporaryFolder(),
    flags: { ssl: 'true', ssl_cert_file: certificate, ssl_pkey_file: key },
  });
  try {
    const poly = JSON.stringify([[[1, 1], [5, 1], [5, 5], [1, 5]]]); // prettier-ignore
    const move = `{"poly":[${poly},[],[],[],[],[]],"vertex_offset":[1,1],"dimension":3,"slice_index":0,"polygon_index":0,"vertex_index":2}`;
    const [polygons, fixed] = await callFromPython(secure.url.replace('http:', 'https:'), folder, [
      { method: 'POST', selector: '/v1/mask2polygon', fields: { params: '{"more_points": 0}' }, files: { datapoint: mask } },
      { method: 'POST', selector: '/v1/fixpolygon', fields: { params: move }, files: { datapoint: mask } },
    ]); // prettier-ignore
    expect(JSON.parse(polygons.body!)).toHaveLength(6);
    expect(fixed).toMatchObject({ status: 200, form: { params: expect.stringContaining('"poly"') } });
    expect([...new Set(voxelsOf(readFileSync(fixed.file!)))].sort()).toEqual([0, 1]);
  } finally {
    await secure.stop();
  }
});

testWithPython('a session, and its end: 440 for a call, an error for a question', async () => {
  const [put] = await callFromPython(server.url, folder, [
    { method: 'PUT', selector: '/session/?expiry=0', fields: {}, files: { image } },
  ]);
  const { session_id: id } = JSON.parse(put.body!) as { session_id: string };
  const inSession = { method: 'POST', selector: `/v1/segmentation?model=bright&session_id=${id}`, fields: { params: '{}' } };
  const [got, answer, closed, again, gone] = await callFromPython(server.url, folder, [
    { method: 'GET', selector: `/session/${id}` },
    inSession,
    { method: 'DELETE', selector: `/session/${id}` },
    inSession,
    { method: 'GET', selector: `/session/${id}` },
  ]);
  expect([got, answer, closed, again, gone].map(({ status }) => status)).toEqual([200, 200, 200, 440, 404]);
  await expectMask(answer);
  expect(again.reason).toBe('Session Expired');
}); // prettier-ignore

testWithPython('classification without an image in the answer: a dict on Python 3', async () => {
  const picture = path.join(folder, 'x-ray.png');
  const data = new Uint8Array(64).fill(200);
  writeFileSync(
    picture,
    encodePng({ data, shape: [8, 8], strides: [1, 8], axes: 'XY', affine: IDENTITY, properties: {} }),
  );
  const [answer] = await callFromPython(server.url, folder, [
    { method: 'POST', selector: '/v1/inference?model=xray', fields: { params: '{}' }, files: { datapoint: picture } },
  ]);
  // Without a file the client gives the whole form back, and its test program prints that as JSON.
  expect(answer).toMatchObject({ status: 200, form: { params: expect.any(String) } });
  expect(answer.file).toBeUndefined();
  expect(JSON.parse(answer.form!.params)).toMatchObject({ prediction: ['bright'] });
});

testWithPython('an error is a status, a reason and a body that can be shown', async () => {
  const [answer] = await callFromPython(server.url, folder, [call('/v1/segmentation?model=none', { params: '{}' })]);
  expect(answer).toMatchObject({ status: 404, reason: 'Model Not Found' });
  expect(JSON.parse(answer.body!)).toMatchObject({ success: false, error: { type: 'ModelNotFound' } });
});

describe('the bytes of its versions', () => {
  const asText = JSON.stringify(sixPoints);

  test.each([
    ['HEAD: a path as the name', '/v1/segmentation?model=bright', {}, 'test-data/image.nii.gz'],
    ['HEAD on Windows', '/v1/segmentation?model=bright', {}, 'C:\\Users\\ä\\image "1";x.nii.gz'],
    ['HEAD: points as arrays', '/v1/dextr3d?model=bright', { points: sixPoints }, 'image.nii.gz'],
    ['1.0.2: points as text', '/v1/dextr3d?model=bright', { points: asText }, 'image.nii.gz'],
    ['January 2020: documents', '/v1/segmentation?model=bright&save_doc=true&doc=', {}, 'image.nii.gz'],
    ['1.0.1: points as text, sigma', '/v1/dextr3d?model=bright', { points: asText, sigma: 3 }, 'image.nii.gz'],
    ['a space in a query as +', '/v1/segmentation?model=bright&note=a+b', {}, 'image.nii.gz'],
  ])('%s', async (_version, selector, fields, name) => {
    const answer = await python(server.url, 'POST', selector, [params(fields), file('datapoint', name, scanGz)]);
    expectPlainMultipart(answer);
    const form = await new Response(answer.body as Buffer<ArrayBuffer>, { headers: answer.headers }).formData();
    const mask = Buffer.from(await (form.get('image') as File).arrayBuffer());
    expect([...voxelsOf(mask)]).toEqual([...bright]);
  });

  test('1.0.0, by requests: a boundary of hexadecimal digits, the parts in any order', async () => {
    const parts = [file('datapoint', 'image.nii.gz', scanGz), params({ points: asText, sigma: 3 })];
    const boundary = 'd0b1c2a3948576';
    const type = `multipart/form-data; boundary=${boundary}`;
    expectPlainMultipart(await post(server.url, '/v1/dextr3d?model=bright', type, multipartBody(boundary, parts)));
  });
});
