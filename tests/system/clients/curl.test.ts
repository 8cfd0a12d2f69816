import { execFile, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { decodeImage } from '../../../gateway/imaging/formats/decode';
import { makeNifti1 } from '../../imaging/formats/nifti/make-nifti';
import { temporaryFile, temporaryFolder } from '../../imaging/formats/temporary-file';
import { get } from '../client';
import { brightConfig, identityModel } from '../onnx-builder';
import { multipartBody, post, sendRaw, type Part } from '../raw-http';
import { expectPlainMultipart, file, params } from './forms';
import { readAsPoco } from './poco';
import { bright, scanGz, sixPoints, voxelsOf } from './scan';
import { startServer, type ClientServer } from './server';
import { testThatNeeds } from '../../needs';

let server: ClientServer;
let folder: string;
beforeAll(async () => {
  folder = temporaryFolder();
  writeFileSync(path.join(folder, 'x.nii.gz'), scanGz);
  server = await startServer({ bright: [brightConfig(), identityModel()] });
});
afterAll(() => server?.stop());

const segmentation = '/v1/segmentation?model=bright';
const form = (boundary: string) => `multipart/form-data; boundary=${boundary}`;

describe('forms that scripts and old pages write', () => {
  const real = '------------------------d74496d66958873e';
  const image = file('image', 'x.nii.gz', scanGz);

  test.each<[string, string, string, string, Part[]]>([
    ['TrainingData.io: two boundaries, the second is real', segmentation, `${form('----WebKitFormBoundary7MA4')}; boundary=${real}`, real, [params('{}'), file('datapoint', 'x.nii.gz', scanGz)]],
    ['a boundary that is not the one announced', segmentation, form('other'), 'b', [params('{}'), image]],
    ['a type of gzip', segmentation, form('b'), 'b', [file('image', 'x.nii.gz', scanGz, 'application/x-gzip'), params('{}')]],
    ['the early OHIF draft', segmentation, form('b'), 'b', [file('datapoint', 'test123.nii', scanGz)]],
    ['the file first, params null', segmentation, form('b'), 'b', [file('image0', 'image_0.dcm', scanGz), params('null')]],
    ['params as a file', segmentation, form('b'), 'b', [[['Content-Disposition: form-data; name="params"; filename="blob"', 'Content-Type: application/json'], '{}'], file('file', '', scanGz)]],
    ['names of folders, and letters of all kinds', segmentation, form('b'), 'b', [params('{}'), file('image', '../../ä/名\\"x;.nii.gz', scanGz)]],
    ['extreme points as floats', '/v1/dextr3d?model=bright', form('b'), 'b', [params({ points: sixPoints.map((point) => point.map((value) => value + 0.2)) }), image]],
    ['a prefix, /v1 twice and a slash', '/aiaa/v1/v1/segmentation/?model=bright&save_doc=false&doc=', form('b'), 'b', [params('{}'), image]],
  ])('%s', async (_what, selector, type, boundary, parts) => {
    const answer = await post(server.url, selector, type, multipartBody(boundary, parts));
    expectPlainMultipart(answer);
    const { text, file: mask } = readAsPoco(answer);
    expect([...voxelsOf(mask!)]).toEqual([...bright]);
    expect((JSON.parse(text!) as { points: number[][] }).points).toHaveLength(6);
  }); // prettier-ignore

  test('a chunked request', async () => {
    const body = multipartBody('b', [params('{}'), image]);
    const length = Buffer.from(`${body.length.toString(16)}\r\n`);
    const head = [
      `POST ${segmentation} HTTP/1.1`,
      'Host: localhost',
      'Connection: close',
      `Content-Type: ${form('b')}`,
    ];
    const chunked = Buffer.concat([length, body, Buffer.from('\r\n0\r\n\r\n')]);
    const answer = await sendRaw(server.url, [...head, 'Transfer-Encoding: chunked'], chunked);
    expect([...voxelsOf(readAsPoco(answer).file!)]).toEqual([...bright]);
  });

  test('JSON alone, where the session is dead: 440', async () => {
    const dead = `${segmentation}&session_id=9ad970be-530e-11ea-84e3-0242ac110007`;
    const body = Buffer.from('{"foreground":[[1.5,2.5,3]],"background":[]}');
    const { status, reason } = await post(server.url, dead, 'application/json;charset=utf-8', body);
    expect([status, reason]).toEqual([440, 'Session Expired']);
  });

  test('JSON alone, with a session', async () => {
    const put = await sendRaw(server.url, ['PUT /session/ HTTP/1.1', 'Host: localhost', 'Connection: close', `Content-Type: ${form('b')}`,
      `Content-Length: ${multipartBody('b', [image]).length}`], multipartBody('b', [image])); // prettier-ignore
    const { session_id: id } = JSON.parse(put.body.toString()) as { session_id: string };
    const body = Buffer.from(JSON.stringify({ points: sixPoints }));
    const answer = await post(server.url, `/v1/dextr3d?model=bright&session_id=${id}`, 'application/json', body);
    expect([...voxelsOf(readAsPoco(answer).file!)]).toEqual([...bright]);
  });
});

describe('other results than NIfTI', () => {
  const call = (query: string, fields: object) =>
    post(server.url, `${segmentation}&${query}`, form('b'), multipartBody('b', [params(fields), file('image', 'x.nii.gz', scanGz)]));

  test('MetaImage', async () => {
    const { body } = await call('output=image', { result_extension: '.mha', result_compress: true });
    const { volume } = await decodeImage(temporaryFile('x.mha', body), 'x.mha');
    expect([...volume.data]).toEqual([...bright]);
  });

  test('JSON alone', async () => {
    const { headers, body } = await call('output=json', {});
    expect(headers['content-type']).toBe('application/json');
    expect((JSON.parse(body.toString()) as { points: number[][] }).points).toHaveLength(6);
  });
}); // prettier-ignore

test('paths with and without a trailing slash, and with a prefix', async () => {
  const one = (await get(`${server.url}/v1/models?model=bright`)).json as object;
  for (const selector of ['/v1/models', '/v1/models/', '/v1/v1/models', '/prefix/v1/models', '/v1/models/v1/models'])
    expect((await get(server.url + selector)).json).toEqual([one]);
});

test('the log over HTTP shows the last requests', async () => {
  const line = '[for-the-log] GET /v1/models 404';
  await fetch(`${server.url}/v1/models?model=there-is-none`, { headers: { 'X-Request-Id': 'for-the-log' } });
  let text = '';
  for (let tries = 0; tries < 50 && !text.includes(line); tries++)
    text = (await get(`${server.url}/logs/?lines=15`)).image!.toString();
  expect(text).toContain(line);
  expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(15);
});

const testWithCurl = testThatNeeds('curl', spawnSync('curl', ['--version']).status === 0);
/** Status, and what was written to `out`. */
async function curl(...args: string[]): Promise<{ status: number; body: Buffer }> {
  const out = path.join(folder, 'out');
  const { stdout } = await promisify(execFile)('curl', ['-s', '-o', out, '-w', '%{http_code}', ...args]);
  return { status: Number(stdout), body: readFileSync(out) };
}

describe('the program curl', () => {
  testWithCurl('TrainingData.io’s line: a header of its own beside the one curl makes', async () => {
    const header = 'content-type: multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW';
    const { status, body } = await curl(
      ...['-X', 'POST', `${server.url}/v1/segmentation?model=bright&output=image`, '-H', header],
      ...['-F', 'params={}', '-F', `datapoint=@${folder}/x.nii.gz`],
    );
    expect(status).toBe(200);
    expect([...voxelsOf(body)]).toEqual([...bright]);
  });

  testWithCurl('an upload of more than 1 MiB, which waits for 100 Continue', async () => {
    // Numbers without order (a linear congruential generator): they do not get smaller by compression.
    let state = 1;
    const voxels = Uint8Array.from({ length: 128 * 128 * 90 }, () => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) >>> 16);
    const large = gzipSync(makeNifti1({ dim: [128, 128, 90], datatype: 2, voxels }));
    expect(large.length).toBeGreaterThan(1 << 20);
    writeFileSync(path.join(folder, 'large.nii.gz'), large);
    const { status, body } = await curl(
      ...['-F', `image=@${folder}/large.nii.gz;type=application/x-gzip`, '-F', 'params={}', '--expect100-timeout', '30'],
      `${server.url}/v1/segmentation?model=bright&output=image`,
    );
    expect(status).toBe(200);
    expect(voxelsOf(body)).toHaveLength(128 * 128 * 90);
  }); // prettier-ignore
});
