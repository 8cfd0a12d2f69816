import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { shortId } from '../../gateway/sentence';
import { SessionStore } from '../../gateway/sessions/store';
import { damages } from '../damages';
import { temporaryFolder } from '../imaging/formats/temporary-file';
import { noConversion } from './no-conversion';
import { makeNifti } from './small-nifti';

let now: number;
let directory: string;
let warnings: [message: string, facts: object][];
let store: SessionStore;
const gone: string[] = [];

async function open(): Promise<void> {
  store = await SessionStore.open({
    directory,
    expirySeconds: 60,
    quotaBytes: 1 << 20,
    now: () => now,
    toNifti: noConversion,
    warn: (...warning) => warnings.push(warning),
    onGone: (id) => gone.push(id),
  });
}

beforeEach(async () => {
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

const filesOf = (id: string) => readdirSync(join(directory, id)).sort();
const expired = { code: 'SESSION_EXPIRED', status: 440 };

const edit = (key: string, value: unknown) => (file: string) =>
  writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as object), [key]: value }));

const records = Object.entries({
  ...damages,
  'is missing': (file: string) => rmSync(file),
  'names an image that is not there': edit('image', 'other.nii'),
  'names an image elsewhere': edit('image', '../session.json'),
  'has a time that is text': edit('expiry', '60'),
  'is that of another session': edit('id', '00000000-0000-4000-8000-000000000000'),
});

test.each(records)('at start, a session.json that %s: 440, told, kept until its time is over', async (_, damage) => {
  const [id, other] = [await addSession(), await addSession()];
  store.close();
  damage(join(directory, id, 'session.json'));
  const before = filesOf(id);
  await open();
  await expect(store.use(id)).rejects.toMatchObject(expired);
  expect(warnings).toEqual([
    ['a session cannot be read: calls on it are answered with 440', expect.objectContaining({ session: shortId(id), reason: expect.stringMatching(/./) as string })], // prettier-ignore
  ]);
  expect([filesOf(id), store.damagedCount]).toEqual([before, 1]);
  (await store.use(other)).release();
  // The time of a record that cannot be read is that of its file, on the clock of the disk.
  now = Date.now() + 61_000;
  await store.sweep();
  expect([readdirSync(directory), store.damagedCount]).toEqual([[], 0]);
});

test.each(records)('while it runs, a session.json that %s harms nothing', async (_, damage) => {
  const id = await addSession();
  damage(join(directory, id, 'session.json'));
  const use = await store.use(id);
  expect(existsSync(use.image.path)).toBe(true);
  use.release();
  await store.delete(id);
  expect(readdirSync(directory)).toEqual([]);
});

test.each<[string, (id: string) => void]>([
  ['its folder', (id) => rmSync(join(directory, id), { recursive: true })],
  ['its image', (id) => rmSync(join(directory, id, 'image.nii'))],
  ['the folder of all sessions', () => renameSync(directory, `${directory}-away`)],
])('%s is gone: the call gets 440, the question 404, and nothing of it is left', async (_, lose) => {
  const [id, other] = [await addSession(), await addSession()];
  gone.splice(0);
  lose(id);
  await expect(store.use(id)).rejects.toMatchObject(expired);
  await expect(store.describe(id)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND', status: 404 });
  expect([gone, warnings.length, existsSync(join(directory, id))]).toEqual([[id], 1, false]);
  if (existsSync(directory)) (await store.use(other)).release();
  // New ones are made all the same.
  (await store.use(await addSession())).release();
});

test('whatever is not a session stays: lost+found, a backup, a file of the same form of name', async () => {
  const id = await addSession();
  store.close();
  const theirs = ['lost+found/inside', 'backup/session.json', '00000000-0000-4000-8000-000000000000'];
  for (const name of theirs) {
    mkdirSync(join(directory, name, '..'), { recursive: true });
    writeFileSync(join(directory, name), '');
  }
  cpSync(join(directory, id), join(directory, 'copy'), { recursive: true });
  utimesSync(join(directory, 'backup'), 1, 1);
  now += 61_000;
  await open();
  await store.sweep();
  expect(theirs.map((name) => existsSync(join(directory, name)))).toEqual([true, true, true]);
  expect(readdirSync(directory).sort()).toEqual([theirs[2], 'backup', 'copy', 'lost+found']);
  expect(readdirSync(join(directory, 'lost+found'))).toEqual(['inside']);
});

test('a session that was seen a moment ago is taken without a look at the disk, unless that is asked for', async () => {
  const id = await addSession();
  (await store.use(id)).release();
  rmSync(join(directory, id, 'image.nii'));
  (await store.use(id)).release();
  await expect(store.use(id, true)).rejects.toMatchObject(expired);
  await expect(store.use(id)).rejects.toMatchObject(expired);
});
