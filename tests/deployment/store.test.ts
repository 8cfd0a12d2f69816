import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Store } from '../../gateway/deployment/store';

let root: string;
let store: Store;

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'store-'));
  store = new Store(root, 2);
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

async function add(text: string) {
  const from = path.join(root, 'upload');
  writeFileSync(from, text);
  const record = { platform: 'onnxruntime_onnx', file: 'model.onnx', uploaded: '2026-01-01T00:00:00Z' };
  return store.add('m', JSON.stringify({ text }), record, { from });
}

async function commit(text: string) {
  const { version } = await add(text);
  await store.commit('m', version);
  return version;
}

const numbers = async () => (await store.versions('m')).map(({ version }) => version);

test('the last versions are kept, the oldest go first', async () => {
  for (const text of ['a', 'b', 'c']) await commit(text);
  expect(await numbers()).toEqual([2, 3]);
  expect((await store.wanted('m'))?.config).toEqual({ text: 'c' });
  expect((await store.versions('m')).map(({ version, config }) => ({ version, config }))).toEqual([
    { version: 2, config: { text: 'b' } },
    { version: 3, config: { text: 'c' } },
  ]);
  expect(readdirSync(path.join(root, 'm')).sort()).toEqual(['2', '3', 'current.json']);
});

test('going back keeps the newer version; the next upload gets a number nobody had', async () => {
  for (const text of ['a', 'b']) await commit(text);
  await store.commit('m', 1);
  expect((await store.wanted('m'))?.version).toBe(1);
  expect(await numbers()).toEqual([1, 2]);
  expect(await commit('c')).toBe(3);
  expect((await store.wanted('m'))?.version).toBe(3);
});

test('the version that serves is never among those that go', async () => {
  for (const text of ['a', 'b']) await commit(text);
  await store.commit('m', 1);
  await store.commit('m', 1);
  expect(await numbers()).toEqual([1, 2]);
});

test('after an upload, the version that served before it is there to go back to', async () => {
  for (const text of ['a', 'b']) await commit(text);
  await store.commit('m', 1);
  await commit('c');
  expect(await numbers()).toEqual([1, 3]);
});

test('a version that was never committed is swept away, kept ones stay', async () => {
  await commit('a');
  await add('b');
  mkdirSync(path.join(root, 'n', '1'), { recursive: true });
  writeFileSync(path.join(root, 'n', '.first'), '');
  for (const name of await store.names()) await store.sweep(name);
  expect(readdirSync(path.join(root, 'm')).sort()).toEqual(['1', 'current.json']);
  expect(existsSync(path.join(root, 'n'))).toBe(false);
});

test('who lists while an upload takes the oldest version away gets the others', async () => {
  for (const text of ['a', 'b']) await commit(text);
  rmSync(path.join(root, 'm', '1'), { recursive: true });
  expect(await numbers()).toEqual([2]);
});

test('a workspace of before versions were kept reads as one version', async () => {
  await commit('a');
  writeFileSync(path.join(root, 'm', 'current.json'), '{"version":1}');
  expect(await numbers()).toEqual([1]);
  expect(await commit('b')).toBe(2);
  expect(await numbers()).toEqual([1, 2]);
});

test('every change has a name of its own, also when a model that was removed begins again with 1', async () => {
  await commit('a');
  const first = await store.changes();
  await store.remove('m');
  expect(await store.changes()).toEqual(new Map());
  expect(await commit('a')).toBe(1);
  const second = await store.changes();
  expect([...second.keys()]).toEqual(['m']);
  expect(second.get('m')).not.toBe(first.get('m'));
  expect((await store.wanted('m'))?.change).toBe(second.get('m'));
});

test('only what gateways that are gone left unfinished is removed', async () => {
  const staging = path.join(root, '.staging');
  mkdirSync(path.join(staging, 'living.1'), { recursive: true });
  mkdirSync(path.join(staging, 'dead.1'));
  mkdirSync(path.join(staging, 'b9e1b6ae-0000-4000-8000-000000000000'));
  await store.prepare(new Set(['living']));
  expect(readdirSync(staging)).toEqual(['living.1']);
});

describe('a current.json that tells nothing', () => {
  const file = () => path.join(root, 'm', 'current.json');
  beforeEach(async () => {
    for (const text of ['a', 'b']) await commit(text);
  });

  test.each<[string, string | undefined]>([
    ['is missing', undefined],
    ['is empty', ''],
    ['is cut', '{"version":2,"ke'],
    ['is zeros', '\0\0\0\0'],
    ['is null', 'null'],
    ['has no version', '{}'],
    ['names a version that is not there', '{"version":9,"kept":[9]}'],
    ['has a version as text', '{"version":"2"}'],
    ['has a list as text', '{"version":2,"kept":"1,2"}'],
  ])('%s: no version is deleted, the model says so, and the next upload mends it', async (_, content) => {
    if (content === undefined) rmSync(file());
    else writeFileSync(file(), content);
    for (const name of await store.names()) await store.sweep(name);
    expect(readdirSync(path.join(root, 'm')).filter(Number)).toEqual(['1', '2']);
    expect((await store.wanted('m'))?.damage).toMatch(/record of current\.json .* cannot be read/);
    expect(await numbers()).toEqual([1, 2]);
    expect(await commit('c')).toBe(3);
    expect(await store.wanted('m')).toMatchObject({ version: 3 });
    expect((await store.wanted('m'))?.damage).toBeUndefined();
  });

  test('a list without the version that serves does not delete it', async () => {
    writeFileSync(file(), '{"version":2,"kept":[1]}');
    await store.sweep('m');
    expect(await numbers()).toEqual([1, 2]);
  });
});

test('folders that are not of models stay as they are', async () => {
  mkdirSync(path.join(root, 'lost+found', 'inside'), { recursive: true });
  for (const name of await store.names()) await store.sweep(name);
  expect(existsSync(path.join(root, 'lost+found', 'inside'))).toBe(true);
  expect(await store.wanted('lost+found')).toBeUndefined();
});
