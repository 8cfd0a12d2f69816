import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { element, makeDicom } from '../imaging/formats/dicom/make-dicom';
import { makeNifti1 } from '../imaging/formats/nifti/make-nifti';
import { until } from '../until';
import { infer, putModel } from './client';
import { brightConfig, identityModel } from './onnx-builder';
import { startRealTriton, type RealTriton } from './real-triton';
import { startGateway, untilReady, type RunningGateway } from './running-gateway';
import { deleteSession, getSession, putImage, putJson, putSession } from './session-client';

const REQUESTS = Number(process.env.PATIENT_REQUESTS ?? 60);

/** Nothing else on this machine has it. */
const mark = randomBytes(6).toString('hex').toUpperCase();
const patient = { name: `DOE^JOHN${mark}`, id: `MRN${mark}`, series: `ABDOMEN ${mark}` };
const file = (suffix: string) => `DOE_JOHN_${mark}${suffix}`;

/** Four floats that come again and again: voxels, and the bytes of tensors, that are found wherever they lie. */
const pattern = Float32Array.from({ length: 4 }, () => Math.fround(1000 + Math.random() * 9000));
const wanted = [Buffer.from(pattern.buffer), ...[mark, mark.toLowerCase()].map((text) => Buffer.from(text))];

const voxelsOf = (count: number) => Float32Array.from({ length: count }, (_, at) => pattern[at % 4]);
const nifti = (dim: number[]) => makeNifti1({ dim, datatype: 16, voxels: new Uint8Array(voxelsOf(dim.reduce((a, b) => a * b)).buffer) }); // prettier-ignore
/** Large enough for shared memory. */
const large = nifti([128, 128, 20]);
const small = nifti([8, 8, 8]);
const dicom = makeDicom({ position: [0, 0, 0], more: [element(0x0010, 0x0010, 'PN', patient.name), element(0x0010, 0x0020, 'LO', patient.id), element(0x0008, 0x103e, 'LO', patient.series)] }); // prettier-ignore
const nrrd = Buffer.concat([
  Buffer.from(`NRRD0004\n# ${patient.name}\ntype: float\ndimension: 3\nsizes: 8 8 8\nspacings: 1 1 ${patient.id}\nendian: little\nencoding: raw\n\n`),
  small.subarray(352),
]); // prettier-ignore
const cut = (bytes: Buffer) => bytes.subarray(0, Math.floor(bytes.length * 0.7));
/** ITK reads it: version 1, 8 x 8 x 8 floats in big endian. */
const mgh = Buffer.concat([Buffer.alloc(284), Buffer.from(small.subarray(352)).swap32()]);
[1, 8, 8, 8, 1, 3].forEach((value, at) => mgh.writeInt32BE(value, 4 * at));

let folder: string;
let before: string | undefined;
let triton: RealTriton;
let gateway: RunningGateway;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'patients-'));
  before = process.env.TMPDIR;
  process.env.TMPDIR = folder;
  triton = await startRealTriton();
  mkdirSync(path.join(folder, 'workspace/lib'), { recursive: true });
  writeFileSync(
    path.join(folder, 'workspace/lib/own.mjs'),
    'export class Throws { apply(sample) { throw new Error(`no ${JSON.stringify(sample.params)} here`); } }',
  );
  await start();
});

afterAll(async () => {
  await gateway?.stop();
  await triton?.stop();
  if (before === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = before;
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<void> {
  const workspace = path.join(folder, 'workspace');
  gateway = await startGateway({ tritonUrl: triton.grpcUrl, repository: triton.repository, workspace, flags: { workers: 2, debug: 'true' } }); // prettier-ignore
  await untilReady(gateway);
}

/** The image as the network gets it is the result, voxel by voxel. */
const config = {
  ...brightConfig({ scanning_window: false }),
  pre_transforms: ['LoadNifti', 'ConvertToChannelsFirst'].map((name) => ({ name, args: { fields: 'image' } })),
  post_transforms: [{ name: 'CopyProperties', args: { fields: 'model', from_field: 'image', properties: ['affine'] } }],
  writer: { name: 'WriteNifti', args: { field: 'model', dtype: 'float32' } },
};
/** Its post-transform does not fit any image. */
const failing = { ...config, post_transforms: [{ name: 'CopyProperties', args: { fields: 'model', from_field: 'absent', properties: ['affine'] } }] }; // prettier-ignore

const named = (suffix: string, more: object = {}) => ({ fileName: file(suffix), query: `image=${file('')}`, ...more });
const post = (where: string, form: Record<string, string | Blob>) => {
  const body = new FormData();
  for (const [field, value] of Object.entries(form))
    if (typeof value === 'string') body.append(field, value);
    else body.append(field, value, file('.nii'));
  return fetch(`${gateway.url}${where}`, { method: 'POST', body }).then((response) => response.arrayBuffer());
};
const blob = (bytes: Buffer) => new Blob([bytes as Uint8Array<ArrayBuffer>]);

async function throughSession(content: Buffer, suffix: string): Promise<void> {
  const { json } = await putImage(gateway.url, content, `name=${mark}`, file(suffix));
  const id = json.session_id as string | undefined;
  if (!id) return;
  wanted.push(Buffer.from(id));
  await getSession(gateway.url, id);
  await infer(gateway.url, 'same', undefined, { query: `session_id=${id}`, params: { [mark]: patient.name } });
  await fetch(`${gateway.url}/session/${id}/image`).then((response) => response.arrayBuffer());
  expect((await deleteSession(gateway.url, id)).status).toBe(200);
}

/** One kind of request each; most of them fail. */
const requests: (() => Promise<unknown>)[] = [
  () => infer(gateway.url, 'same', large, named('.nii')),
  () => infer(gateway.url, 'failing', large, named('.nii', { params: { points: patient.id } })),
  () => infer(gateway.url, 'same', gzipSync(large), named('.nii.gz', { params: { [patient.name]: patient.id } })),
  () => infer(gateway.url, 'same', cut(large), named('.nii')),
  () => infer(gateway.url, 'same', cut(gzipSync(large)), named('.nii.gz')),
  () => infer(gateway.url, 'same', Buffer.from(patient.name), named('.nii', { params: patient.name })),
  () => infer(gateway.url, 'same', nrrd, named('.nrrd')),
  () => infer(gateway.url, 'same', mgh, named('.mgh')),
  () => infer(gateway.url, 'same', dicom, named('.dcm')),
  () => infer(gateway.url, 'same', Buffer.alloc(0), named('.nii')),
  () => infer(gateway.url, file(''), small, named('.nii')),
  () => infer(gateway.url, 'same', small, named('.nii', { endpoint: 'dextr3d', params: { points: patient.id } })),
  () => infer(gateway.url, 'same', large, named('.nii', { signal: AbortSignal.timeout(30) })).catch(() => undefined),
  () => throughSession(large, '.nii'),
  () => throughSession(gzipSync(large), '.nii.gz'),
  () => throughSession(nrrd, '.nrrd'),
  () => throughSession(dicom, '.dcm'),
  () => throughSession(cut(dicom), '.dcm'),
  () => throughSession(mgh, '.mgh'),
  () =>
    putSession(
      gateway.url,
      [1, 2].map((n) => ({ field: 'image', name: file(`${n}.nii`), content: small })),
    ),
  () => putJson(gateway.url, { dicom: { server_address: `http://pacs.invalid/${patient.id}`, patient_id: patient.id, series_uid: '1.2.3' } }), // prettier-ignore
  () => putModel(gateway.url, 'wrong', config, small, file('.nii')),
  () => putModel(gateway.url, 'wrong', small.toString('latin1').slice(0, 50) + patient.name, small, file('.onnx')),
  () => post(`/infer/same?image=${file('')}`, { params: patient.name, [mark]: patient.id }),
  () => post('/v1/mask2polygon', { image: blob(cut(small)), params: JSON.stringify({ more_points: patient.id }) }),
  () => post(`/v1/fixpolygon?output=${mark}`, { image: blob(small), params: `{"poly": "${patient.name}"}` }),
  () => getSession(gateway.url, file('')),
  () => fetch(`${gateway.url}/samples/${file('.nii')}`).then((response) => response.text()),
  () => fetch(`${gateway.url}/${file('.nii')}?${patient.id}`).then((response) => response.text()),
];

/** Paths of files; folders may go meanwhile. */
const list = (at: string): string[] => readdirSync(at, { withFileTypes: true, recursive: true }).flatMap((entry) => (entry.isFile() ? [path.join(entry.parentPath, entry.name)] : [])); // prettier-ignore

/** Its path and what is in it; nothing when it goes at this moment. */
function contentOf(place: string): Buffer {
  try {
    return Buffer.concat([Buffer.from(place), readFileSync(place)]);
  } catch {
    return Buffer.alloc(0);
  }
}

/** What of a patient lies anywhere, by place; models were uploaded by operators. */
function found(): string[] {
  const models = [path.join(gateway.workspace, 'models'), triton.repository];
  const regions = readdirSync('/dev/shm').filter((name) => name.startsWith(`aiaa_gateway_${gateway.process.pid}_`));
  const files = list(folder).filter((name) => !models.some((model) => name.startsWith(model + path.sep)));
  return [...files, ...regions.map((name) => path.join('/dev/shm', name))].flatMap((place) => {
    const bytes = contentOf(place);
    return wanted.flatMap((part, at) => (bytes.includes(part) ? [`${place}: ${at === 0 ? 'voxels' : String(part)}`] : [])); // prettier-ignore
  });
}

test('after mixed requests nothing of a patient is kept or shown to operators', async () => {
  expect((await putModel(gateway.url, 'same', config, identityModel())).status).toBe(200);
  expect((await putModel(gateway.url, 'failing', failing, identityModel())).status).toBe(200);
  const codes = new Set<unknown>();
  for (let n = 0; n < REQUESTS; n++) {
    const answer = (await requests[n % requests.length]()) as { status?: number; json?: { error?: { code: string } } };
    codes.add(answer?.json?.error?.code);
  }
  expect(codes.size).toBeGreaterThan(6);
  // The last rows of the history, and what a job clears after its answer.
  await until(found, (places) => places.length === 0);
  const shown = ['/v1/jobs', '/v1/dashboard/data', '/metrics', '/logs?lines=10000', '/v1/models', '/health/ready'];
  for (const where of shown) {
    const text = await (await fetch(gateway.url + where)).text();
    expect([where, wanted.slice(1).filter((part) => text.includes(String(part)))]).toEqual([where, []]);
  }
  expect(readdirSync(path.join(gateway.workspace, 'uploads'))).toEqual([]);
});

test('its files are its user’s alone, and the guide has each', () => {
  const guide = readFileSync(path.join(__dirname, '../../docs/guides/hardening.md'), 'utf8');
  const told = [...guide.matchAll(/`<workspace>\/([\w.]+)`/g)].map(([, name]) => name);
  expect(told).toEqual(
    expect.arrayContaining(readdirSync(gateway.workspace).map((name) => name.replace(/-(wal|shm)$/, ''))),
  );
  const open = list(gateway.workspace).filter((place) => !place.startsWith(path.join(gateway.workspace, 'models')));
  const modes = [...open, ...open.map((place) => path.dirname(place))].map((place) => statSync(place).mode & 0o077);
  expect(Math.max(...modes)).toBe(0);
});

test('a gateway that is killed in the middle leaves files, and the next one removes them', async () => {
  let isOver = false;
  const send = async (image: Buffer, suffix: string) => {
    while (!isOver) await infer(gateway.url, 'same', image, named(suffix)).catch(() => undefined);
  };
  const clients = [send(large, '.nii'), send(gzipSync(large), '.nii.gz'), send(mgh, '.mgh')];
  await until(() => found().some((place) => place.endsWith('voxels')));
  isOver = true;
  await gateway.kill9();
  await Promise.all(clients);
  await start();
  await until(found, (places) => places.length === 0);
});
