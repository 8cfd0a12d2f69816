import { gunzipSync } from 'node:zlib';
import { readStrictNrrd } from '../../imaging/formats/nrrd/strict-nrrd';
import { infer, sampleConfig, sampleModel } from '../client';
import { rampNifti } from '../ramp-nifti';
import { multipartBody, post, sendRaw, type Part, type RawAnswer } from '../raw-http';
import { deleteSession, getSession, putSession } from '../session-client';
import { smallImage } from '../small-image';
import { startServer, type ClientServer } from './server';
import { deepgrow2d, deepgrow3d } from '../models/deepgrow-config';
import { deepgrowModel } from '../models/deepgrow-onnx';

const { description, labels } = sampleConfig() as { description: string; labels: string[] };
const values = Object.fromEntries(labels.map((name, index) => [name, index + 1]));
const LIMIT = '----------lImIt_of_THE_fIle_eW_$';

let server: ClientServer;
let image: Buffer;
/** What the same call through AIAA gives. */
let mask: Buffer;

beforeAll(async () => {
  image = await smallImage(8, 90);
  server = await startServer({
    spleen: [sampleConfig(), sampleModel()],
    deepgrow_2d: [deepgrow2d, deepgrowModel([256, 256], 0.5)],
    deepgrow_3d: [deepgrow3d, deepgrowModel([128, 192, 192], 0.01)],
  });
  mask = (await infer(server.url, 'spleen', image)).image!;
  expect(new Set(gunzipSync(mask).subarray(352)).size).toBeGreaterThan(2);
});

afterAll(() => server?.stop());

const params = (value: unknown): Part => [['Content-Disposition: form-data; name="params"'], JSON.stringify(value)];
const file = (field: string, name: string, content: Buffer): Part => [
  [`Content-Disposition: form-data; name="${field}"; filename="${name}"`, 'Content-Type: application/octet-stream'],
  content,
];
const ask = (path: string, parts: Part[], boundary = LIMIT) =>
  post(server.url, path, `multipart/form-data; boundary=${boundary}`, multipartBody(boundary, parts));
const complaint = ({ status, body }: RawAnswer) => {
  const { error } = JSON.parse(body.toString()) as { error: { code: string; message: string[] } };
  return [status, error.code, error.message.join(' ')];
};

/** The Python client (Slicer's too): parts with a file name are files under that name, the others are the form. */
async function readAsPython({ status, headers, body }: RawAnswer) {
  expect(status).toBe(200);
  const fields = await new Response(body as Buffer<ArrayBuffer>, { headers }).formData();
  const form: Record<string, string> = {};
  const files: Record<string, Buffer> = {};
  for (const [name, value] of fields) {
    if (typeof value === 'string') form[name] = value;
    else files[value.name] = Buffer.from(await value.arrayBuffer());
  }
  return { files, params: JSON.parse(form.params) as unknown };
}

/** MITK: whatever follows `boundary=`; the first part is the JSON, the second the file after its exact Content-Type line. */
function readAsMitk({ headers, body }: RawAnswer) {
  const boundary = `--${headers['content-type'].split('boundary=')[1]}`;
  const [json, content] = body.toString('latin1').split(boundary).filter(Boolean);
  const after = (part: string, line: string) => {
    expect(part).toContain(line);
    return part.slice(part.indexOf(line) + line.length).replace(/^[ \r\n]+/, '');
  };
  return {
    params: JSON.parse(after(json, 'Content-Type: application/json')) as { label_names: Record<string, number> },
    file: Buffer.from(after(content, 'Content-Type: application/octet-stream'), 'latin1'),
  };
}

/** OHIF: the parts are known by their Content-Type, and the JSON by its braces. */
function readAsOhif({ headers, body }: RawAnswer) {
  const boundary = /boundary=([^;]+)/i.exec(headers['content-type'])![1];
  const parts = body.toString('latin1').split(`--${boundary}`);
  const json = parts.find((part) => part.includes('Content-Type: application/json'))!;
  const [, nrrd] = parts
    .find((part) => part.includes('Content-Type: application/octet-stream'))!
    .split(/\r\n\r\n(.*)/s);
  return {
    params: JSON.parse(json.slice(json.indexOf('{'), json.lastIndexOf('}') + 1)) as { centroids: object },
    nrrd: Buffer.from(nrrd.slice(0, nrrd.lastIndexOf('\r\n')), 'latin1'),
  };
}

test('GET /info/ lists the models as the plug-ins read them, and no `config`, which Slicer refuses', async () => {
  const response = await fetch(`${server.url}/info/`);
  const info = (await response.json()) as Record<string, unknown>;
  expect(response.status).toBe(200);
  expect(info).toEqual({
    name: expect.any(String),
    description: expect.any(String),
    version: expect.any(String),
    labels,
    models: expect.objectContaining({
      spleen: { type: 'segmentation', labels: values, dimension: 3, description, config: {} },
    }),
    trainers: {},
    strategies: {},
    scoring: {},
    train_stats: {},
    datastore: {},
  });
});

test('the Python client sends a file', async () => {
  const answer = await ask('/infer/spleen?image=scan', [
    params({ client_id: 'user-xyz' }),
    file('file', 'data/scan.nii.gz', image),
  ]);
  const { files, params: found } = await readAsPython(answer);
  expect(Object.keys(files)).toEqual(['result.nii.gz']);
  expect(files['result.nii.gz'].equals(mask)).toBe(true);
  expect(found).toMatchObject({ label_names: values });
});

test('Slicer makes a session, asks for it, and infers without a file', async () => {
  const { status, json } = await putSession(server.url, [{ field: 'files', name: 'tmp1.nii.gz', content: image }]);
  expect(status).toBe(200);
  const { session_id: id, session_info: info } = json;
  const facts = { name: id, meta: info.meta, create_ts: info.create_ts, expiry: info.expiry };
  expect((await getSession(server.url, id)).json).toMatchObject(facts);

  const path = `/infer/spleen?image=Volume+1&session_id=${id}`;
  const { files } = await readAsPython(await ask(path, [params({ label: 'spleen', client_id: null })]));
  expect(files['result.nii.gz'].equals(mask)).toBe(true);

  expect((await deleteSession(server.url, id)).json).toMatchObject(facts);
  expect(complaint(await ask(path, [params({})]))).toEqual([440, 'SESSION_EXPIRED', expect.any(String)]);
  expect((await getSession(server.url, id)).status).toBe(404);
});

test('MITK sends a file and names the labels by the answer', async () => {
  const answer = await ask('/infer/spleen', [
    params({ restore_label_idx: true }),
    file('file', 'post_from_mitk.nii.gz', image),
  ]);
  const { params: found, file: content } = readAsMitk(answer);
  expect(found.label_names).toEqual(values);
  expect(gunzipSync(content.subarray(0, mask.length)).equals(gunzipSync(mask))).toBe(true);
});

test('OHIF reads a plain NRRD of uint16', async () => {
  const wanted = {
    result_extension: '.nrrd',
    result_dtype: 'uint16',
    result_compress: false,
    restore_label_idx: false,
  };
  const { json } = await putSession(server.url, [{ field: 'files', name: 'tmp1.nii.gz', content: image }]);
  const path = `/infer/spleen?image=1.2.840.1&output=all&session_id=${json.session_id}`;
  const { params: found, nrrd } = readAsOhif(await ask(path, [params(wanted)], 'b'));
  expect(Object.entries(found.centroids)).toEqual([]);
  const { fields, data } = readStrictNrrd(nrrd);
  expect(fields).toMatchObject({ type: 'unsigned short', encoding: 'raw' });
  const bytes = gunzipSync(mask).subarray(352);
  expect(data).toHaveLength(bytes.length);
  expect(bytes.every((value, at) => data[at] === value)).toBe(true);
});

test.each([
  ['image', 'application/octet-stream'],
  ['json', 'application/json'],
])('output=%s', async (output, type) => {
  const { headers, body } = await ask(`/infer/spleen/?output=${output}`, [params({}), file('file', 'a.nii.gz', image)]);
  expect(headers['content-type']).toBe(type);
  if (output === 'image') expect(body.equals(mask)).toBe(true);
  else expect(JSON.parse(body.toString())).toMatchObject({ label_names: values });
});

describe('DeepGrow', () => {
  const shape = [61, 47, 9];
  const clicks = { foreground: [[20, 30, 3]], background: [[24, 31, 3]] };

  test.each(['deepgrow_2d', 'deepgrow_3d'])('%s: clicks through /infer give the mask that /v1/deepgrow gives', async (model) => {
    const volume = await rampNifti(shape, [0.8, 0.9, 2.5]);
    const { image: expected } = await infer(server.url, model, volume, { endpoint: 'deepgrow', params: clicks });
    const voxels = gunzipSync(expected!).subarray(352);
    expect(voxels[20 + 61 * (30 + 47 * 3)]).toBe(1);
    const { json } = await putSession(server.url, [{ field: 'files', name: 'tmp1.nii.gz', content: volume }]);
    const path = `/infer/${model}?image=Volume+1&session_id=${json.session_id}`;
    const { files } = await readAsPython(await ask(path, [params({ ...clicks, label: 'spleen', client_id: 'x' })]));
    expect(gunzipSync(files['result.nii.gz']).subarray(352).equals(voxels)).toBe(true);
    // DeepEdit's form: the clicks under the name of the label.
    const named = { label: 'spleen', spleen: clicks.foreground, background: clicks.background };
    const again = await readAsPython(await ask(path, [params(named)]));
    expect(gunzipSync(again.files['result.nii.gz']).subarray(352).equals(voxels)).toBe(true);
  });

  test('they are offered for clicks', async () => {
    const { models } = (await (await fetch(`${server.url}/info/`)).json()) as { models: Record<string, object> };
    expect(models).toMatchObject({
      deepgrow_2d: { type: 'deepgrow', dimension: 2 },
      deepgrow_3d: { type: 'deepgrow', dimension: 3 },
    });
  });
}); // prettier-ignore

test('today’s Slicer puts its volume into the datastore, and infers by the volume’s name', async () => {
  const put = async (path: string, parts: Part[]) => {
    const sent = multipartBody(LIMIT, parts);
    const head = [`PUT ${path} HTTP/1.1`, `Host: ${new URL(server.url).host}`, 'Connection: Close'];
    const type = `Content-Type: multipart/form-data; boundary=${LIMIT}`;
    const { status, body } = await sendRaw(server.url, [...head, type, `Content-Length: ${sent.length}`], sent);
    return { status, json: JSON.parse(body.toString()) as unknown };
  };
  const id = '2%3A+CT+Abdomen';
  const [ann, bob] = [{ client_id: 'ann' }, { client_id: 'bob' }];
  const other = await smallImage(6, 96);
  for (const [who, content] of [
    [ann, other],
    [ann, image],
    [bob, other],
  ] as const)
    expect(
      await put(`/datastore/?image=${id}`, [params(who), file('file', '/tmp/Slicer-x/2: CT Abdomen.nii.gz', content)]),
    ).toEqual({ status: 200, json: { image: '2: CT Abdomen' } });
  const maskOf = async (who: object) => {
    const { files } = await readAsPython(await ask(`/infer/spleen?image=${id}`, [params(who)]));
    return files['result.nii.gz'];
  };
  expect((await maskOf(ann)).equals(mask)).toBe(true);
  expect((await maskOf(bob)).equals((await infer(server.url, 'spleen', other)).image!)).toBe(true);
  expect(complaint(await ask(`/infer/spleen?image=${id}`, [params({ client_id: 'eve' })]))).toEqual([
    400,
    'BAD_PARAMS',
    expect.stringContaining('the datastore has no image "2: CT Abdomen" of this client'),
  ]);
  expect(await put('/datastore/label?image=a&tag=final', [file('file', 'label.nii.gz', mask)])).toMatchObject({
    status: 404,
    json: { error: { code: 'LABELS_NOT_KEPT' } },
  });
  expect(await (await fetch(`${server.url}/auth/`)).json()).toEqual({ enabled: false });
});

test('what is not served says so', async () => {
  const path = '/infer/spleen?image=1.2.840.113';
  const calls: [string, Part[]][] = [
    [path, [params({})]],
    ['/infer/spleen', [params({})]],
    [path, [params({}), file('label', 'label.bin', Buffer.from('x'))]],
    ['/infer/liver', [params({}), file('file', 'a.nii.gz', image)]],
    [`${path}&output=dicom_seg`, [params({}), file('file', 'a.nii.gz', image)]],
  ];
  const answers: unknown[] = [];
  for (const call of calls) answers.push(complaint(await ask(...call)));
  expect(answers).toEqual([
    [400, 'BAD_PARAMS', expect.stringContaining('no image "1.2.840.113" of this client: send it with PUT /datastore/')],
    [400, 'NO_IMAGE', expect.any(String)],
    [400, 'BAD_PARAMS', expect.stringContaining('scribbles')],
    [404, 'MODEL_NOT_FOUND', expect.any(String)],
    [400, 'BAD_PARAMS', expect.stringContaining('dicom_seg')],
  ]);
});
