import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { zipOf } from '../packages/zip-builder';
import { makeNifti } from '../sessions/small-nifti';
import { get, openSession, putModel, type Answer } from './client';
import { numberedConfig, putNumbered, servedNumber } from './numbered-model';
import { addingModel } from './onnx-builder';
import { startRealTriton, type RealTriton } from './real-triton';
import { startGateway, type RunningGateway } from './running-gateway';
import { until } from '../until';
import { describeThatNeeds } from '../needs';

const DISK_BYTES = 16 << 20;

let disk: string;
let triton: RealTriton;
let gateway: RunningGateway;

/** A small disk of its own; only root can mount one. */
function mountDisk(): boolean {
  disk = mkdtempSync(path.join(tmpdir(), 'disk-full-'));
  const mounted = process.platform === 'linux' && spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', disk]).status === 0; // prettier-ignore
  if (!mounted) rmSync(disk, { recursive: true });
  return mounted;
}

const mounted = mountDisk();

const free = () => {
  const { bavail, bsize } = statfsSync(disk);
  return bavail * bsize;
};

/** Leaves only so many bytes free while `work` runs. */
async function withFree<T>(bytes: number, work: () => Promise<T>): Promise<T> {
  const ballast = path.join(disk, 'ballast');
  fill(ballast, bytes);
  try {
    return await work();
  } finally {
    rmSync(ballast);
  }
}

/** The gateway writes its log and its history meanwhile: where that took the room, again with what is left. */
function fill(ballast: string, bytes: number): void {
  for (let tries = 0; ; tries++) {
    try {
      return writeFileSync(ballast, Buffer.alloc(Math.max(0, free() - bytes)));
    } catch (error) {
      rmSync(ballast, { force: true });
      if (tries === 20) throw error;
    }
  }
}

/** Files and folders with their sizes, without logs, history and the folders in which gateways show that they live. */
const everything = () =>
  (readdirSync(disk, { recursive: true }) as string[])
    .filter((name) => !/^ballast|\/logs\b|\/gateways\b|\/run\b|\/telemetry\.db/.test(name))
    .map((name) => `${name} ${statSync(path.join(disk, name)).isFile() ? statSync(path.join(disk, name)).size : ''}`)
    .sort();

/** {@link everything} once the folder of the last call is gone, which goes a moment after its answer. */
async function atRest(): Promise<string[]> {
  await until(() => readdirSync(path.join(disk, 'workspace/uploads')).length === 0);
  return everything();
}

async function expectFull(answer: Answer, before: string[]): Promise<void> {
  expect({ status: answer.status, code: answer.json?.error?.code }).toEqual({ status: 507, code: 'DISK_FULL' });
  expect(answer.json.error.message[0]).toMatch(/^There is no room on the disk for /);
  expect(await atRest()).toEqual(before);
  expect(await servedNumber(gateway.url, 'm')).toBe(7);
}

describeThatNeeds('root, to mount a disk', mounted)('a disk that is full', () => {
  beforeAll(async () => {
    mkdirSync(path.join(disk, 'models/repo'), { recursive: true });
    triton = await startRealTriton({ repository: path.join(disk, 'models/repo') });
    const workspace = path.join(disk, 'workspace');
    gateway = await startGateway({ tritonUrl: triton.grpcUrl, repository: triton.repository, workspace });
    expect((await putNumbered(gateway.url, 'm', 7)).status).toBe(200);
  });

  afterAll(async () => {
    await gateway?.stop();
    await triton?.stop();
    spawnSync('umount', [disk]);
    rmSync(disk, { recursive: true, force: true });
  });

  test('an upload larger than what is free, known by its length', async () => {
    const before = await atRest();
    const answer = await withFree(1 << 20, () => putModel(gateway.url, 'm', numberedConfig(8), Buffer.alloc(2 << 20)));
    await expectFull(answer, before);
  });

  test('an upload while it arrives', async () => {
    const before = await atRest();
    const body = async function* () {
      yield Buffer.from('--x\r\nContent-Disposition: form-data; name="data"; filename="m.onnx"\r\n\r\n');
      for (let sent = 0; sent < 3 << 20; sent += 65536) yield Buffer.alloc(65536);
      yield Buffer.from('\r\n--x--\r\n');
    };
    const answer = await withFree(1 << 20, async () => {
      const response = await fetch(`${gateway.url}/admin/model/m`, {
        method: 'PUT',
        headers: { 'Content-Type': 'multipart/form-data; boundary=x' },
        body: ReadableStream.from(body()),
        duplex: 'half',
      } as RequestInit);
      return { status: response.status, json: await response.json() } as Answer;
    });
    await expectFull(answer, before);
  });

  test('an archive that unpacks to more than what is free', async () => {
    const before = await atRest();
    const zip = zipOf({
      'a/1/model.onnx': addingModel(8),
      'a/config.pbtxt': 'backend: "onnxruntime"',
      'a/1/more': Buffer.alloc(4 << 20),
    });
    const answer = await withFree(1 << 20, () => putModel(gateway.url, 'm', numberedConfig(8), zip, 'm.zip'));
    await expectFull(answer, before);
  });

  test('a session', async () => {
    const before = await atRest();
    const image = makeNifti(2 << 20);
    const answer = await withFree(1 << 20, async () => {
      const form = new FormData();
      form.append('image', new Blob([image as Uint8Array<ArrayBuffer>]), 'ct.nii');
      const response = await fetch(`${gateway.url}/session/`, { method: 'PUT', body: form });
      return { status: response.status, json: await response.json() } as Answer;
    });
    await expectFull(answer, before);
    expect(await openSession(gateway.url, image)).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('a little more room each time: the upload ends at every step between its arrival and the last word, until it serves', async () => {
    let refused = 0;
    for (let bytes = 0; ; bytes += 4096) {
      const before = await atRest();
      const answer = await withFree(bytes, () => putNumbered(gateway.url, 'm', 8));
      if (answer.status === 200) break;
      await expectFull(answer, before);
      refused++;
    }
    expect(refused).toBeGreaterThan(3);
    expect(await servedNumber(gateway.url, 'm')).toBe(8);
    expect((await get(`${gateway.url}/admin/model`)).json[0].versions).toHaveLength(2);
  });
});
