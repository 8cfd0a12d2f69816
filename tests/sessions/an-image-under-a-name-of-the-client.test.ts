import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { datastoreKey } from '../../gateway/sessions/datastore-key';
import { SessionStore } from '../../gateway/sessions/store';
import { temporaryFolder } from '../imaging/formats/temporary-file';
import { noConversion } from './no-conversion';
import { makeNifti } from './small-nifti';

const EXPIRY_S = 60;
let now: number;
let directory: string;
let store: SessionStore;

async function open(): Promise<void> {
  const quotaBytes = 1 << 20;
  store = await SessionStore.open({ directory, expirySeconds: EXPIRY_S, quotaBytes, now: () => now, toNifti: noConversion }); // prettier-ignore
}

beforeEach(async () => {
  [now, directory] = [Date.now(), temporaryFolder()];
  await open();
});
afterEach(() => store.close());

async function keep(name?: string): Promise<string> {
  const content = makeNifti(1000);
  const { id } = await store.create(
    async (folder) => {
      writeFileSync(join(folder, 'upload'), content);
      return [{ path: join(folder, 'upload'), name: 'ct.nii', bytes: content.length }];
    },
    { name, signal: new AbortController().signal },
  );
  return id;
}

test('it is found by its name only, also by the next gateway, until it ends', async () => {
  await keep();
  const id = await keep('a');
  expect([store.named('a'), store.named('b')]).toEqual([id, undefined]);
  store.close();
  await open();
  expect(store.named('a')).toBe(id);
  now += (EXPIRY_S + 1) * 1000;
  expect(store.named('a')).toBeUndefined();
});

test('the next one of its name takes its place, once jobs have read it', async () => {
  const first = await keep('a');
  const used = await store.use(first);
  const [second, third] = await Promise.all([keep('a'), keep('a')]);
  const last = store.named('a')!;
  expect([second, third]).toContain(last);
  expect(store.totals.count).toBe(1);
  expect(existsSync(used.image.path)).toBe(true);
  used.release();
  await store.sweep();
  expect(existsSync(join(directory, last))).toBe(true);
});

test('the same ID of another address or program is another image', () => {
  const keys = [
    datastoreKey('10.0.0.1', 'x', 'ct'),
    datastoreKey('10.0.0.2', 'x', 'ct'),
    datastoreKey('10.0.0.1', 'y', 'ct'),
    datastoreKey('10.0.0.1', undefined, 'ct'),
    datastoreKey('10.0.0.1', 'x', 'mr'),
  ];
  expect(new Set(keys).size).toBe(keys.length);
  expect(datastoreKey('10.0.0.1', 'x', 'ct')).toBe(keys[0]);
});
