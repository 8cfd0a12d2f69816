import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import type fs from 'node:fs/promises';
import { join } from 'node:path';
import { SessionStore } from '../../gateway/sessions/store';
import { noConversion } from './no-conversion';
import { temporaryFolder } from '../imaging/formats/temporary-file';
import { until } from '../until';
import { makeNifti } from './small-nifti';
import { shortId } from '../../gateway/sentence';

/** What the disk refuses now: the name of a function, and a part of the path. */
let mockRefused = { call: '', path: '' };

jest.mock('node:fs/promises', () => {
  const actual = jest.requireActual<typeof fs>('node:fs/promises');
  const refusing =
    (name: 'rm' | 'readFile' | 'writeFile') =>
    (path: string, ...more: unknown[]) =>
      mockRefused.call === name && path.includes(mockRefused.path)
        ? Promise.reject(Object.assign(new Error(`EACCES: permission denied, ${name}`), { code: 'EACCES' }))
        : (actual[name] as (path: string, ...more: unknown[]) => Promise<unknown>)(path, ...more);
  return { ...actual, rm: refusing('rm'), readFile: refusing('readFile'), writeFile: refusing('writeFile') };
});

let now: number;
let directory: string;
let warnings: [message: string, facts: object][];
let store: SessionStore;

async function open(): Promise<void> {
  store = await SessionStore.open({
    directory,
    expirySeconds: 60,
    quotaBytes: 1 << 20,
    now: () => now,
    toNifti: noConversion,
    warn: (...warning) => warnings.push(warning),
  });
}

beforeEach(async () => {
  mockRefused = { call: '', path: '' };
  [now, directory, warnings] = [Date.now(), temporaryFolder(), []];
  await open();
});
afterEach(() => store.close());

async function addSession(): Promise<string> {
  const content = makeNifti(1000);
  const { id } = await store.create(
    async (folder) => {
      writeFileSync(join(folder, 'upload'), content);
      return [{ path: join(folder, 'upload'), name: 'ct.nii', bytes: content.length }];
    },
    { signal: new AbortController().signal },
  );
  return id;
}

const cannotBeRemoved = (session: unknown) => [
  'the folder of a session cannot be removed; it is tried again',
  { session, reason: 'EACCES' },
];

test('a session whose folder cannot be removed is over all the same: told once, and tried again', async () => {
  const id = await addSession();
  mockRefused = { call: 'rm', path: id };
  now += 60_000;
  // Nobody waits for what comes of this question.
  expect(store.has(id)).toBe(false);
  await until(() => warnings.length > 0);
  await store.sweep();
  await store.sweep();
  expect(warnings).toEqual([cannotBeRemoved(shortId(id))]);
  expect(readdirSync(directory)).toEqual([expect.stringContaining(id)]);
  mockRefused.call = '';
  await store.sweep();
  expect(readdirSync(directory)).toEqual([]);
});

test('deleting answers, and a failed upload gives its own reason', async () => {
  const id = await addSession();
  mockRefused = { call: 'rm', path: '' };
  expect((await store.delete(id)).name).toBe(id);
  const { signal } = new AbortController();
  await expect(store.create(() => Promise.reject(new Error('the line broke')), { signal })).rejects.toThrow(
    'the line broke',
  );
  expect(warnings).toEqual([cannotBeRemoved(shortId(id)), cannotBeRemoved(expect.stringMatching(/^~/))]);
});

test.each([
  ['readFile', 'session.json'],
  ['writeFile', 'owner-'],
])('a start goes on where the disk refuses %s', async (call, path) => {
  const id = await addSession();
  store.close();
  if (call === 'writeFile') rmSync(join(directory, id, 'owner-alone'));
  mockRefused = { call, path };
  await open();
  expect(warnings.map(([text]) => text)).toEqual(['a session cannot be read: calls on it are answered with 440']);
  expect(existsSync(join(directory, id, 'session.json'))).toBe(true);
});
