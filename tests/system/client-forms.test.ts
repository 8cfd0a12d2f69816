import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { decodeImage } from '../../gateway/imaging/formats/decode';
import { makeNifti1 } from '../imaging/formats/nifti/make-nifti';
import { readStrictNrrd } from '../imaging/formats/nrrd/strict-nrrd';
import { temporaryFile } from '../imaging/formats/temporary-file';
import { describeWithData } from '../shared-data';
import { get, infer, putModel } from './client';
import { brightConfig, identityModel } from './onnx-builder';
import { multipartBody, post, readAsPoco, sendRaw, type Part } from './raw-http';
import { startRealTriton, type RealTriton } from './real-triton';
import { startGateway, type RunningGateway } from './running-gateway';

const CRLF = '\r\n';
const HEADER_BYTES = 352;
const DIM = [8, 7, 6];
const voxels = Uint8Array.from({ length: 336 }, (_, i) => (i * 37) % 101);
const bright = Uint8Array.from(voxels, (value) => Number(value > 50));
/** Oblique, with both transforms; their codes must come back. */
const plain = makeNifti1({
  dim: DIM,
  datatype: 2,
  voxels,
  pixdim: [1, 0.8, 0.8, 2.5],
  qform: { code: 1, quatern: [0, 0, 0.1], offset: [-90, 80, 33] },
  sform: { code: 2, rows: [-0.48, 0.64, 0, 90, 0.64, 0.48, 0, -80, 0, 0, 2.5, 33] },
});
const upload = gzipSync(plain);

let triton: RealTriton;
let gateway: RunningGateway;

beforeAll(async () => {
  triton = await startRealTriton();
  gateway = await startGateway({ tritonUrl: triton.grpcUrl, repository: triton.repository });
  const { status, json } = await putModel(gateway.url, 'bright', brightConfig(), identityModel());
  expect({ status, message: json.error?.message }).toEqual({ status: 200, message: undefined });
}, 180_000);

afterAll(async () => {
  await gateway?.stop();
  await triton?.stop();
});

const params = (text: string): Part => [['Content-Disposition: form-data; name="params"'], text];
const file = (name: string, fileName: string, content: Buffer = upload): Part => [
  [`Content-Disposition: form-data; name="${name}"; filename="${fileName}"`, 'Content-Type: application/octet-stream'],
  content,
];
const maskIn = (nifti: Buffer) => [...gunzipSync(nifti).subarray(HEADER_BYTES)];

describe('requests byte by byte: each brings the mask back, for a parser like the client’s own', () => {
  const python = '----------lImIt_of_THE_fIle_eW_$';
  const poco = 'MIME_boundary_A1B2C3D4E5F60718';
  const points = '{"points":[[5,1,1],[1,1,2],[1,1,3],[1,1,4],[1,2,5],[1,1,6]]}';
  const segmentation = '/v1/segmentation?model=bright';

  test.each<[string, string, string, Buffer, string?]>([
    ['Python client', segmentation, `multipart/form-data; boundary=${python}`, multipartBody(python, [params('{}'), file('datapoint', 'test-data/image.nii.gz')], CRLF + CRLF)],
    ['C++ client, HTTP/1.0', '/v1/dextr3d?model=bright', `multipart/form-data; boundary="${poco}"`, multipartBody(poco, [params(points), file('image', 'tmpabc.nii.gz')]), 'HTTP/1.0'],
    ['Slicer, not compressed', '/v1/inference?model=bright', `multipart/form-data; boundary=${python}`, multipartBody(python, [params('{}'), file('datapoint', 'C:\\Users\\ä\\tmpk2j3h.nii', plain)], CRLF + CRLF)],
    ['a name with everything in it', segmentation, `multipart/form-data; boundary="${poco}"`, multipartBody(poco, [params('{}'), file('image', 'ä"b\\c;d.nii.gz')]), 'HTTP/1.0'],
    ['two boundaries (curl)', segmentation, 'multipart/form-data; boundary=----WebKitFormBoundary7MA4; boundary=------------------------d74496d66958873e', multipartBody('------------------------d74496d66958873e', [params('{}'), file('datapoint', 'x.nii.gz')])],
    ['version 1.0.0: points in a string, sigma', '/v1/dextr3d?model=bright', 'multipart/form-data; boundary=d0b1', multipartBody('d0b1', [params('{"points":"[[5,1,1],[1,1,2],[1,1,3],[1,1,4],[1,2,5],[1,1,6]]","sigma":3}'), file('datapoint', 'image.nii.gz')])],
    ['fractional points, null, no params at all', segmentation, 'multipart/form-data; boundary=b', multipartBody('b', [file('image0', 'image_0.dcm'), params('null')])],
    ['params as a file', segmentation, 'multipart/form-data; boundary=b', multipartBody('b', [[['Content-Disposition: form-data; name="params"; filename="blob"', 'Content-Type: application/json'], '{}'], file('file', '')])],
    ['old server URL with /v1, a prefix and a slash', '/aiaa/v1/v1/segmentation/?model=bright&save_doc=false&doc=', 'multipart/form-data; boundary=b', multipartBody('b', [params('{}'), file('datapoint', 'x.nii.gz')])],
  ])('%s', async (...row) => {
    // A fifth parameter would be Jest's callback where a row has four values.
    const [, selector, type, body, version] = row;
    const answer = await post(gateway.url, selector, type, body, version);
    expect({ status: answer.status, error: answer.status === 200 ? '' : answer.body.toString() }).toEqual({ status: 200, error: '' });
    expect(answer.headers['content-type']).toMatch(/^multipart\/form-data; boundary=\w{1,70}$/);
    expect(Number(answer.headers['content-length'])).toBe(answer.body.length);
    expect(answer.headers).not.toHaveProperty('transfer-encoding');
    expect(answer.headers).not.toHaveProperty('content-encoding');
    const { text, file: mask, fileName } = readAsPoco(answer);
    expect(fileName).toBe('result.nii.gz');
    expect(maskIn(mask!)).toEqual([...bright]);
    const { points: found } = JSON.parse(text!) as { points: number[][] };
    expect(found).toHaveLength(6);
    expect(found.flat().every(Number.isInteger)).toBe(true);
  }); // prettier-ignore

  test('a chunked request', async () => {
    const body = multipartBody('b', [params('{}'), file('image', 'x.nii.gz')]);
    const chunked = Buffer.concat([
      Buffer.from(`${body.length.toString(16)}${CRLF}`),
      body,
      Buffer.from(`${CRLF}0${CRLF}${CRLF}`),
    ]);
    const head = [
      `POST ${segmentation} HTTP/1.1`,
      'Host: x',
      'Connection: close',
      'Content-Type: multipart/form-data; boundary=b',
    ];
    const answer = await sendRaw(gateway.url, [...head, 'Transfer-Encoding: chunked'], chunked);
    expect(maskIn(readAsPoco(answer).file!)).toEqual([...bright]);
  });

  test('a session that is not there is 440, asked with a form or with JSON alone', async () => {
    const dead = `${segmentation}&session_id=9ad970be-530e-11ea-84e3-0242ac110007`;
    const form = await post(
      gateway.url,
      dead,
      `multipart/form-data; boundary=${python}`,
      multipartBody(python, [params('{}')], CRLF + CRLF),
    );
    const json = await post(
      gateway.url,
      dead,
      'application/json;charset=utf-8',
      Buffer.from('{"foreground":[[1.5,2.5,3]],"background":[]}'),
    );
    expect([form, json].map(({ status, reason }) => [status, reason])).toEqual(Array(2).fill([440, 'Session Expired']));
  });
});

describe('browser viewers take the bare file', () => {
  const form = (text: string) =>
    multipartBody('----WebKitFormBoundaryX', [params(text), file('image', 'image.nii.gz')]);
  const call = (text: string) =>
    post(
      gateway.url,
      '/v1/segmentation?model=bright&output=image',
      'multipart/form-data; boundary=----WebKitFormBoundaryX',
      form(text),
    );

  test.each([true, false])('OHIF: NRRD of uint16, gzip %s', async (compress) => {
    const answer = await call(
      JSON.stringify({ result_extension: '.nrrd', result_dtype: 'uint16', result_compress: compress }),
    );
    const { fields, sizes, origin, directions, data } = readStrictNrrd(answer.body);
    expect(fields).toMatchObject({ type: 'unsigned short', endian: 'little', encoding: compress ? 'gzip' : 'raw' });
    expect([sizes, [...data]]).toEqual([DIM, [...bright]]);
    expect(origin.map((value) => Math.round(value * 1e4) / 1e4)).toEqual([-90, 80, 33]);
    expect(directions[2].map((value) => Math.abs(value))).toEqual([0, 0, 2.5]);
  });

  test('XNAT: NIfTI of uint16, with the geometry of the upload byte for byte', async () => {
    const answer = await call('{"result_extension":".nii.gz","result_dtype":"uint16","result_compress":true}');
    const nifti = gunzipSync(answer.body);
    expect(nifti.readInt16LE(70)).toBe(512);
    const geometry = (header: Buffer) =>
      [header.subarray(76, 108), header.subarray(252, 328)].map((part) => part.toString('hex'));
    expect(geometry(nifti)).toEqual(geometry(plain));
    expect([...new Uint16Array(new Uint8Array(nifti.subarray(HEADER_BYTES)).buffer)]).toEqual([...bright]);
  });

  test('MetaImage, and JSON alone', async () => {
    const { body } = await call('{"result_extension":".mha","result_compress":true}');
    const { volume } = await decodeImage(temporaryFile('x.mha', body), 'x.mha');
    expect([...volume.data]).toEqual([...bright]);
    const json = await post(
      gateway.url,
      '/v1/segmentation?model=bright&output=json',
      'multipart/form-data; boundary=----WebKitFormBoundaryX',
      form('{}'),
    );
    expect(json.headers['content-type']).toBe('application/json');
    expect(JSON.parse(json.body.toString()).points).toHaveLength(6);
  });
});

test('models: a list of objects, one object by name, strings where the C++ client wants strings', async () => {
  const { json: list } = await get(`${gateway.url}/v1/models/`);
  const { json: one } = await get(`${gateway.url}/prefix/v1/models?model=bright`);
  expect(list).toEqual([one]);
  expect(one).toMatchObject({
    name: 'bright',
    type: 'segmentation',
    version: '3',
    labels: ['bright'],
    description: expect.any(String),
  });
  expect((await get(`${gateway.url}/v1/models?label=New+label+1`)).json).toEqual([]);
});

test('reason phrases are short and ASCII, and errors reach a web page', async () => {
  const page = 'http://viewer.example:3000';
  const ask = (start: string, ...more: string[]) =>
    sendRaw(gateway.url, [`${start} HTTP/1.1`, 'Host: x', 'Connection: close', `Origin: ${page}`, ...more]);
  const answers = await Promise.all([
    ask('GET /v1/models?model=none'),
    ask('GET /nothing'),
    ask('POST /v1/segmentation?model=bright', 'Content-Length: 0'),
    ask('POST /v1/segmentation?model=bright&session_id=x', 'Content-Length: 0'),
    ask('POST /v1/mask2polygon', 'Content-Length: 0'),
    ask(
      'OPTIONS /session/?expiry=0&save_as=.nii',
      'Access-Control-Request-Method: PUT',
      'Access-Control-Request-Headers: content-type',
    ),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 400, 440, 400, 204]);
  for (const { reason, headers } of answers) {
    expect(reason).toMatch(/^[A-Z][\x20-\x7e]{1,40}$/);
    expect(headers['access-control-allow-origin']).toBe('*');
  }
  expect(answers[5].headers).toMatchObject({
    'access-control-allow-headers': 'content-type',
    'access-control-allow-methods': expect.stringContaining('PUT'),
  });
});

test('the log over HTTP shows the last requests', async () => {
  await get(`${gateway.url}/v1/models?model=for-the-log`);
  let text = '';
  for (let tries = 0; tries < 50 && !text.includes('for-the-log 404'); tries++)
    text = (await get(`${gateway.url}/logs/?lines=15`)).image!.toString();
  expect(text).toContain('GET /v1/models?model=for-the-log 404');
  expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(15);
});

const script = path.join(__dirname, 'python-client.py');
const hasPython = spawnSync('python3', ['-W', 'ignore', '-c', 'import cgi']).status === 0;

(hasPython ? test : test.skip)('Python’s http.client and cgi.FieldStorage', async () => {
  const image = temporaryFile('image ä.nii.gz', upload);
  const run = async (...args: string[]) =>
    JSON.parse((await promisify(execFile)('python3', [script, `${gateway.url}/prefix/`, ...args])).stdout) as Record<
      string,
      string
    >;
  const answer = await run('POST', '/v1/segmentation?model=bright', 'datapoint', image, '{}');
  const { image: expected } = await infer(gateway.url, 'bright', upload);
  expect(answer).toMatchObject({
    status: 200,
    name: 'result.nii.gz',
    file: createHash('sha256').update(expected!).digest('hex'),
  });
  expect(JSON.parse(answer.params).points).toHaveLength(6);
  expect(await run('POST', '/v1/segmentation?model=bright&session_id=gone', '', '', '{}')).toMatchObject({
    status: 440,
  });
  const polygons = await run('POST', '/v1/mask2polygon', 'datapoint', image, '{"more_points": 0}');
  expect(polygons.json).toHaveLength(6);
});

describeWithData(
  'the polygon requests of NVIDIA’s Python client',
  ['configs/python-client-aas_tests.json', 'data/aiaa/mask2polygon.input.nii.gz', 'data/aiaa/fixpolygon.input.png'],
  (testsFile, volume, picture) => {
    const recorded = (name: string) =>
      // eslint-disable-next-line @typescript-eslint/no-explicit-any
      JSON.parse(readFileSync(testsFile, 'utf8')).tests.find((one: any) => one.name === name);
    const call = (endpoint: string, text: object, name: string) =>
      post(
        gateway.url,
        `/v1/${endpoint}`,
        'multipart/form-data; boundary=b',
        multipartBody('b', [params(JSON.stringify(text)), file('datapoint', name, readFileSync(name))]),
      );

    test('mask2polygon gives the recorded polygons as a plain JSON array', async () => {
      const { polygons } = recorded('test_fixpolygon_3d_spleen');
      const { headers, body } = await call('mask2polygon', { more_points: 10 }, volume);
      expect(headers['content-type']).toBe('application/json');
      const slices = JSON.parse(body.toString()) as unknown[];
      expect(slices).toHaveLength(210);
      expect(slices.slice(0, polygons.length)).toEqual(polygons);
    });

    test('fixpolygon in 2-D: PNG in, polygons and PNG of the same size out', async () => {
      const { polygons: poly, index, vertex_offset, propagate_neighbor } = recorded('test_fixpolygon_spleen');
      const answer = await call(
        'fixpolygon',
        { poly, vertex_offset, dimension: 2, polygon_index: index[0], vertex_index: index[1], propagate_neighbor },
        picture,
      );
      const { text, file: mask, fileName } = readAsPoco(answer);
      expect(fileName).toBe('result.png');
      const { poly: moved } = JSON.parse(text!) as { poly: number[][][] };
      expect(moved[0].slice(12, 17)).toEqual([[84, 202], [86, 215], [81, 217], [69, 219], [59, 207]]); // prettier-ignore
      const { volume: read } = await decodeImage(temporaryFile('x.png', mask!), 'x.png');
      expect([read.shape, [...new Set(read.data)].sort()]).toEqual([
        [392, 392],
        [0, 1],
      ]);
    });

    test('fixpolygon in 3-D: five slices on each side follow', async () => {
      const { polygons: poly, index, vertex_offset, propagate_neighbor } = recorded('test_fixpolygon_3d_spleen');
      const [slice_index, polygon_index, vertex_index] = index;
      const answer = await call(
        'fixpolygon',
        {
          poly,
          vertex_offset,
          dimension: 3,
          slice_index,
          polygon_index,
          vertex_index,
          propagate_neighbor: propagate_neighbor[1],
          propagate_neighbor_3d: propagate_neighbor[0],
        },
        volume,
      );
      const { text, file: mask } = readAsPoco(answer);
      const { poly: moved } = JSON.parse(text!) as { poly: number[][][][] };
      const changed = moved.flatMap((slice, k) => (JSON.stringify(slice) === JSON.stringify(poly[k]) ? [] : [k]));
      expect(changed[0]).toBe(99);
      expect(changed.at(-1)).toBe(109);
      expect(moved[104][0][4]).toEqual(
        poly[104][0][4].map((value: number, axis: number) => value + vertex_offset[axis]),
      );
      expect(gunzipSync(mask!).readInt16LE(46)).toBe(210);
    });
  },
);
