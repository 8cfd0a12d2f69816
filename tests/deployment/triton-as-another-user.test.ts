import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Repository } from '../../gateway/deployment/repository';
import { Channel } from '../../gateway/triton/channel';
import { RegionPool } from '../../gateway/triton/shared-memory/region-pool';
import { testThatNeeds } from '../needs';
import { startFakeTriton } from '../triton/fake-triton';

const group = 65532;
const isRoot = process.getuid?.() === 0;
let folder: string;
beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), 'other-user-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const modeOf = (...steps: string[]) => {
  const { mode, gid } = statSync(path.join(folder, ...steps));
  return `${(mode & 0o777).toString(8)} ${gid}`;
};

/** Publishes one model into a repository inside of the workspace. */
async function publish(readers?: { group: number; closed: string }) {
  const directory = path.join(folder, 'models/m/1');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileSync(path.join(directory, 'model.onnx'), 'weights', { mode: 0o600 });
  const repository = new Repository(path.join(folder, 'triton_models/repo'), 'test', undefined, readers);
  await repository.prepare(new Set());
  const uploaded = '2026-01-01T00:00:00.000Z';
  const stored = { name: 'm', version: 1, uploaded, platform: 'onnxruntime_onnx', file: 'model.onnx', directory };
  const config = { platform: 'onnxruntime_onnx', max_batch_size: 0, input: [], output: [] };
  await (await repository.place(stored as never, config)).keep();
}

testThatNeeds('root', isRoot)(
  'its group reads the repository and passes through the workspace; others do neither',
  async () => {
    await publish({ group, closed: folder });
    for (const [place, mode] of [
      ['', `710 ${group}`],
      ['triton_models', `710 ${group}`],
      ['triton_models/repo', `750 ${group}`],
      ['triton_models/repo/m', `750 ${group}`],
      ['triton_models/repo/m/1', `750 ${group}`],
      ['triton_models/repo/m/config.pbtxt', `640 ${group}`],
      ['triton_models/repo/m/1/model.onnx', `640 ${group}`],
      ['triton_models/.repo.staging', `700 ${process.getgid!()}`],
      ['models', `700 ${process.getgid!()}`],
    ])
      expect([place, modeOf(place)]).toEqual([place, mode]);
  },
);

test('without a group nobody else reads the repository', async () => {
  await publish();
  expect(modeOf('triton_models/repo/m/config.pbtxt')).toMatch(/^600 /);
  expect(modeOf('triton_models/repo/m/1')).toMatch(/^700 /);
});

const regionMode = async (options: { group?: number }) => {
  const { url } = await startFakeTriton({
    SystemSharedMemoryRegister: () => ({}),
    SystemSharedMemoryUnregister: () => ({}),
  });
  const channel = new Channel({ url });
  const pool = new RegionPool(channel, { directory: folder, maxBytes: 2 ** 21, ...options });
  pool.release(await pool.acquire(1));
  const mode = modeOf(readdirSync(folder)[0]);
  await pool.close();
  channel.close();
  return mode;
};

testThatNeeds('root', isRoot)(
  'regions of shared memory are for its group, and for this user alone without one',
  async () => {
    expect(await regionMode({ group })).toBe(`660 ${group}`);
    expect(await regionMode({})).toMatch(/^600 /);
  },
);
