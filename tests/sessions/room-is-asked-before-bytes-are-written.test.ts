import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import type fs from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { runNiftiJob } from '../../gateway/pipeline/to-nifti';
import type { ToNifti } from '../../gateway/sessions/import-image';
import { createFetchSeries } from '../../gateway/sessions/pacs/fetch-series';
import { SessionStore } from '../../gateway/sessions/store';
import { niftiOf } from '../../gateway/sessions/to-nifti';
import { StageClock } from '../../gateway/telemetry/stages';
import { makeDicom } from '../imaging/formats/dicom/make-dicom';
import { temporaryFolder } from '../imaging/formats/temporary-file';
import { queueOf, settled } from '../jobs/fake-worker';
import { makeNifti } from './small-nifti';

/** Bytes that the disk has left, where a test says so. */
let mockFree: number | undefined;
/** The largest file that was written. */
let mockWritten = 0;

jest.mock('node:fs/promises', () => {
  const actual = jest.requireActual<typeof fs>('node:fs/promises');
  return {
    ...actual,
    statfs: async (path: string) => (mockFree === undefined ? actual.statfs(path) : { bavail: mockFree, bsize: 1 }),
    writeFile: (path: string, content: Uint8Array, ...more: []) => {
      mockWritten = Math.max(mockWritten, content.length);
      return actual.writeFile(path, content, ...more);
    },
  };
});

const MB = 1 << 20;
const signal = new AbortController().signal;
let directory: string;
let store: SessionStore;

/** The real job, in this thread. */
const toNifti: ToNifti = async (source, target, { name, ...options }, _signal, room) => {
  const job = { kind: 'to-nifti' as const, id: 'x', image: { path: source, name }, target, options };
  const { json, warnings = [] } = await runNiftiJob(job, new StageClock(), room);
  return { shape: json.shape as number[], warnings };
};

beforeEach(async () => {
  [mockFree, mockWritten, directory] = [undefined, 0, temporaryFolder()];
  store = await SessionStore.open({ directory, expirySeconds: 60, quotaBytes: 2 * MB, toNifti });
});
afterEach(() => store.close());

/** A NRRD of so many voxels of a byte, all zeros: small as a file. */
const nrrdOf = (voxels: number) =>
  Buffer.concat([
    Buffer.from(`NRRD0004\ntype: uint8\ndimension: 3\nsizes: ${voxels / 1024} 32 32\nencoding: gzip\n\n`),
    gzipSync(Buffer.alloc(voxels)),
  ]);

function add(content: Buffer, name: string) {
  const path = join(temporaryFolder(), 'sent');
  writeFileSync(path, content);
  const source = () => Promise.resolve([{ path, name, bytes: content.length }]);
  return store.create(source, { saveAsNifti: true, signal });
}

test('a decoded image beyond the quota is 413 with the number before it is written, and nothing is left', async () => {
  await expect(add(nrrdOf(4 * MB), 'ct.nrrd')).rejects.toMatchObject({
    code: 'SESSION_TOO_LARGE',
    status: 413,
    message: expect.stringMatching(/"the image" would take more than 2 MB.*--session_quota_mb/),
  });
  expect([mockWritten, readdirSync(directory)]).toEqual([0, []]);
  const { info } = await add(nrrdOf(MB), 'ct.nrrd');
  expect(info.meta.shape).toEqual([1024, 32, 32]);
});

test.each([
  ['NIfTI', 'ct.nii.gz', gzipSync(Buffer.concat([makeNifti(3 * MB / 4), randomBytes(3 * MB / 4)]))],
  ['another format', 'ct.nrrd', Buffer.concat([Buffer.from('NRRD0004\ntype: uint8\ndimension: 3\nsizes: 1536 32 32\nencoding: raw\n\n'), Buffer.alloc(3 * MB / 2)])],
])('the bytes that were sent of %s do not count beside the image that is made of them', async (_, name, content) => {
  const { id } = await add(content, name);
  expect(store.totals.bytes).toBeLessThan(1.6 * MB);
  expect(readdirSync(join(directory, id))).not.toContain('sent');
}); // prettier-ignore

test('one for which sessions in use leave no room is 507 with the number', async () => {
  const { id } = await add(nrrdOf(MB), 'ct.nrrd');
  const use = await store.use(id);
  mockWritten = 0;
  await expect(add(nrrdOf(MB), 'ct.nrrd')).rejects.toMatchObject({
    code: 'DISK_FULL',
    status: 507,
    message: expect.stringMatching(/a session of 1 MB: the limit is --session_quota_mb 2, of which 1 MB are in use/),
  });
  expect([mockWritten, readdirSync(directory)]).toEqual([0, [id]]);
  use.release();
});

test.each([
  ['a session', () => add(nrrdOf(MB), 'ct.nrrd'), /no room on the disk for a session of 1 MB: 0.5 MB are free/],
  ['an image that is asked for as NIfTI', () => {
    const path = join(directory, 'ct.nrrd');
    writeFileSync(path, nrrdOf(MB));
    return niftiOf({ image: { path, name: 'ct.nrrd' } }, join(directory, 'ct.nii'), signal, toNifti);
  }, /no room on the disk for an image of 1 MB: 0.5 MB are free/],
])('%s for which the disk has no room is 507 with both numbers, and not begun', async (_, make, message) => {
  mockFree = MB / 2;
  await expect(make()).rejects.toMatchObject({ code: 'DISK_FULL', message: expect.stringMatching(message) });
  expect([mockWritten, readdirSync(directory).filter((name) => name !== 'ct.nrrd')]).toEqual([0, []]);
}); // prettier-ignore

test('the thread that decodes is told what the main thread says of the disk', async () => {
  const { queue, workers } = queueOf();
  const room = async (bytes: number) => {
    if (bytes > 10) throw new Error('no room');
  };
  const image = { name: 'ct.nrrd' };
  const converted = queue.toNifti('from', 'to', image, signal, room);
  await settled();
  for (const bytes of [10, 11]) workers[0].say({ kind: 'room', bytes });
  await settled();
  expect(workers[0].told.slice(-2)).toEqual([
    { kind: 'room', error: undefined },
    { kind: 'room', error: expect.objectContaining({ message: 'no room' }) },
  ]);
  workers[0].done({ shape: [1] });
  await converted;
});

describe('a series that a PACS sends', () => {
  const object = makeDicom({ position: [0, 0, 0] });
  /** Answers WADO-RS with so many objects of this one. */
  async function fetchFrom(count: number, maxBytes: number, isAnnounced: boolean) {
    const part = Buffer.concat([Buffer.from('--b\r\nContent-Type: application/dicom\r\n\r\n'), object, Buffer.alloc(MB - object.length), Buffer.from('\r\n')]); // prettier-ignore
    const body = Buffer.concat([...Array<Buffer>(count).fill(part), Buffer.from('--b--')]);
    const server = createServer((_request, response: ServerResponse) => {
      response.setHeader('Content-Type', 'multipart/related; type="application/dicom"; boundary=b');
      if (isAnnounced) response.setHeader('Content-Length', body.length);
      response.end(body);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const options = { aeTitle: 'A', movePort: 0, hosts: '127.0.0.1', timeoutMs: 10_000, maxBytes, onFailure: () => undefined }; // prettier-ignore
    const source = createFetchSeries(options)({ server_address: `http://127.0.0.1:${port}`, study_uid: '1', series_uid: '2' }); // prettier-ignore
    try {
      return await store.create(source, { signal });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }

  test.each([
    ['announced', true],
    ['as it comes', false],
  ])('beyond the quota is 413 with the number, %s, and nothing is left', async (_, isAnnounced) => {
    await expect(fetchFrom(3, 100 * MB, isAnnounced)).rejects.toMatchObject({
      code: 'SESSION_TOO_LARGE',
      status: 413,
      message: expect.stringMatching(/"the series" would take more than 2 MB/),
    });
    expect(readdirSync(directory)).toEqual([]);
    await expect(fetchFrom(3, MB, isAnnounced)).rejects.toMatchObject({
      code: 'TOO_LARGE',
      message: expect.stringMatching(/^The series is larger than 1 MB.*--max_upload_mb/),
    });
    mockFree = MB / 2;
    await expect(fetchFrom(1, 100 * MB, isAnnounced)).rejects.toMatchObject({ code: 'DISK_FULL', status: 507 });
    expect(readdirSync(directory)).toEqual([]);
  });

  test('that was not asked for is refused, and nothing is left', async () => {
    await expect(fetchFrom(1, 100 * MB, false)).rejects.toMatchObject({
      code: 'UNSUPPORTED_IMAGE',
      message: expect.stringMatching(/was to hold the series 2, and has an image of the series/),
    });
    expect(readdirSync(directory)).toEqual([]);
  });
});
