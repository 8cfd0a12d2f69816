import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SessionStore, type SessionStoreOptions } from '../../gateway/sessions/store';
import { noConversion } from './no-conversion';
import { temporaryFolder } from '../imaging/formats/temporary-file';
import { makeNifti } from './small-nifti';
import { until } from '../until';

/** What the clock of the stores says, in milliseconds. */
let now = Date.UTC(2026, 0, 1) + 500;

const stores: SessionStore[] = [];
afterEach(() => stores.splice(0).forEach((store) => store.close()));

async function openStore(more: Partial<SessionStoreOptions> = {}): Promise<SessionStore> {
  const store = await SessionStore.open({
    directory: temporaryFolder(),
    expirySeconds: 3600,
    quotaBytes: 1 << 20,
    now: () => now,
    toNifti: noConversion,
    ...more,
  });
  stores.push(store);
  return store;
}

/** A session of an image of about `bytes` bytes. */
async function addSession(store: SessionStore, { expiry = 0, bytes = 1000 } = {}): Promise<string> {
  const content = makeNifti(bytes);
  const { id } = await store.create(
    async (folder) => {
      const path = join(folder, 'upload');
      writeFileSync(path, content);
      return [{ path, name: 'ct.nii', bytes: content.length }];
    },
    { expiry, signal: new AbortController().signal },
  );
  now += 3;
  return id;
}

const foldersOf = (directory: string) => readdirSync(directory).sort();
const untilEmpty = (directory: string) => until(() => foldersOf(directory).length === 0);

test('the shorter of the client’s wish and the server’s maximum counts; 0 is the default', async () => {
  const store = await openStore({ expirySeconds: 100 });
  const expiries = [0, 7200, 5].map(
    async (expiry) => (await store.describe(await addSession(store, { expiry }))).expiry,
  );
  expect(await Promise.all(expiries)).toEqual([100, 100, 5]);
});

test('what clients are told holds no path of this server', async () => {
  const directory = temporaryFolder();
  const store = await openStore({ directory });
  const id = await addSession(store);
  const info = await store.describe(id);
  expect(info).toMatchObject({ name: id, image: 'ct.nii', meta: { format: 'nifti' }, expiry: 3600 });
  expect(JSON.stringify(info)).not.toContain(directory);
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('an expired session is 440 for a job, 404 for a question, and its files go by themselves', async () => {
  const directory = temporaryFolder();
  const gone: string[] = [];
  const store = await openStore({ directory, onGone: (id) => gone.push(id) });
  const id = await addSession(store, { expiry: 10 });
  expect(foldersOf(directory)).toEqual([id]);
  now += 9_000;
  await store.sweep();
  expect([foldersOf(directory), gone]).toEqual([[id], []]);
  now += 1_000;
  await store.sweep();
  expect([foldersOf(directory), gone]).toEqual([[], [id]]);
  await expect(store.use(id)).rejects.toThrow(expect.objectContaining({ code: 'SESSION_EXPIRED', status: 440 }));
  await expect(store.describe(id)).rejects.toThrow(expect.objectContaining({ code: 'SESSION_NOT_FOUND', status: 404 }));
  await expect(store.delete(id)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
});

test('a use and update_ts refresh, a plain question does not', async () => {
  const store = await openStore();
  const [used, refreshed, asked] = [
    await addSession(store, { expiry: 15 }),
    await addSession(store, { expiry: 15 }),
    await addSession(store, { expiry: 15 }),
  ];
  for (let at = 0; at < 5; at++) {
    now += 5_000;
    (await store.use(used)).release();
    await store.describe(refreshed, { refresh: true });
    if (at < 1) await store.describe(asked);
  }
  expect((await store.describe(used)).name).toBe(used);
  expect((await store.describe(refreshed)).name).toBe(refreshed);
  await expect(store.describe(asked)).rejects.toThrow(/no session/);
});

test('a session that a job uses neither expires nor loses its files when it is deleted', async () => {
  const directory = temporaryFolder();
  const store = await openStore({ directory });
  const id = await addSession(store, { expiry: 10 });
  const use = await store.use(id);
  now += 60_000;
  await store.sweep();
  expect((await store.describe(id)).name).toBe(id);
  await store.delete(id);
  await expect(store.use(id)).rejects.toThrow(/unknown or has expired/);
  expect(existsSync(use.image.path)).toBe(true);
  use.release();
  use.release();
  await untilEmpty(directory);
});

test('over the quota the session that was idle longest goes; one in use never', async () => {
  const directory = temporaryFolder();
  const store = await openStore({ directory, quotaBytes: 35_000 });
  const [first, second, third] = [
    await addSession(store, { bytes: 10_000 }),
    await addSession(store, { bytes: 10_000 }),
    await addSession(store, { bytes: 10_000 }),
  ];
  const use = await store.use(first);
  const fourth = await addSession(store, { bytes: 10_000 });
  expect(foldersOf(directory)).toEqual([first, third, fourth].sort());
  await expect(store.use(second)).rejects.toThrow(/unknown/);
  use.release();
  now += 3;
  await addSession(store, { bytes: 10_000 });
  await expect(store.use(third)).rejects.toThrow(/unknown/);
});

test('when nothing can go it is 507 with the limit, nobody is thrown out for nothing, and nothing is left', async () => {
  const directory = temporaryFolder();
  const store = await openStore({ directory, quotaBytes: 3 << 20 });
  const busy = await addSession(store, { bytes: 2 << 20 });
  const idle = await addSession(store, { bytes: 500_000 });
  await store.use(busy);
  await expect(addSession(store, { bytes: 2 << 20 })).rejects.toMatchObject({
    code: 'DISK_FULL',
    status: 507,
    message: expect.stringMatching(/a session of 2 MB: the limit is --session_quota_mb 3, of which 2 MB are in use/),
  });
  expect(foldersOf(directory)).toEqual([busy, idle].sort());
});

test('an image that is larger than all sessions together may be is 413 with that number, and ends no other', async () => {
  const store = await openStore({ quotaBytes: 3 << 20 });
  const other = await addSession(store, { bytes: 500_000 });
  await expect(addSession(store, { bytes: 4 << 20 })).rejects.toMatchObject({
    code: 'SESSION_TOO_LARGE',
    status: 413,
    message: expect.stringMatching(/"ct.nii" would take more than 3 MB.*--session_quota_mb/),
  });
  expect(store.has(other)).toBe(true);
});

test('sessions that are made at the same time do not count on the same room', async () => {
  const directory = temporaryFolder();
  const store = await openStore({ directory, quotaBytes: 35_000 });
  const results = await Promise.allSettled(Array.from({ length: 6 }, () => addSession(store, { bytes: 10_000 })));
  expect(foldersOf(directory).length).toBeLessThanOrEqual(3);
  const refused = results.filter((one) => one.status === 'rejected').map((one) => one.reason.code);
  expect(new Set(refused).size).toBeLessThanOrEqual(1);
});

test('a restart finds the sessions with their last use; one that is half or over is removed', async () => {
  const directory = temporaryFolder();
  const before = await openStore({ directory });
  const [kept, over] = [await addSession(before), await addSession(before, { expiry: 60 })];
  const lastUse = (await before.describe(kept, { refresh: true })).last_access_ts;
  await until(() => Math.abs(statSync(join(directory, kept, 'session.json')).mtimeMs - now) < 1);
  before.close();
  const longAgo = now / 1000 - 61;
  utimesSync(join(directory, over, 'session.json'), longAgo, longAgo);
  mkdirSync(join(directory, '.new-1'));

  const after = await openStore({ directory });
  expect(foldersOf(directory)).toEqual([kept]);
  expect(await after.describe(kept)).toMatchObject({ name: kept, last_access_ts: lastUse });
  expect(existsSync((await after.use(kept)).image.path)).toBe(true);
});

test('an id from a client is never a path', async () => {
  const store = await openStore();
  for (const id of ['..', '../x', 'a/b', '', '%2e%2e', '__proto__'])
    await expect(store.use(id)).rejects.toThrow(expect.objectContaining({ code: 'SESSION_EXPIRED' }));
});

test('gateways that share a workspace leave each other’s sessions alone, and of many that start one takes those of a dead one', async () => {
  const directory = temporaryFolder();
  const open = (id: string, ...others: string[]) => openStore({ directory, gateway: { id, alive: new Set([id, ...others]) } }); // prettier-ignore
  const first = await open('g1');
  const id = await addSession(first);
  mkdirSync(join(directory, '.new-g1.half'));
  const second = await open('g2', 'g1');
  expect([second.has(id), foldersOf(directory)]).toEqual([false, ['.new-g1.half', id].sort()]);
  // g1 is gone; of those that start at the same time one gets its session, and none takes it for broken.
  const names = Array.from({ length: 12 }, (_, i) => `h${i}`);
  const heirs = await Promise.all(names.map((name) => open(name, 'g2', ...names)));
  expect(heirs.filter((heir) => heir.has(id))).toHaveLength(1);
  expect(foldersOf(directory)).toEqual([id]);
});
