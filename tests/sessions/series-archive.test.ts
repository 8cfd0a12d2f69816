import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SeriesArchive } from '../../gateway/sessions/series-archive';
import { SessionStore } from '../../gateway/sessions/store';
import { noConversion } from './no-conversion';
import { temporaryFolder } from '../imaging/formats/temporary-file';
import { makeNifti } from './small-nifti';

let store: SessionStore;
let asked: unknown[];
let archive: SeriesArchive;
/** What the next fetch waits for. */
let arrives: Promise<unknown>;
const never = new AbortController().signal;

let now: number;

beforeEach(async () => {
  now = Date.UTC(2026, 0, 1);
  store = await SessionStore.open({
    directory: temporaryFolder(),
    expirySeconds: 60,
    quotaBytes: 1 << 20,
    now: () => now,
    toNifti: noConversion,
  });
  asked = [];
  arrives = Promise.resolve();
  archive = new SeriesArchive('http://pacs/dicom-web', store, (dicom) => async (folder) => {
    asked.push(dicom);
    await arrives;
    const content = makeNifti(1000);
    writeFileSync(join(folder, 'fetched'), content);
    return [{ path: join(folder, 'fetched'), name: 'ct.nii', bytes: content.length }];
  });
});
afterEach(() => store.close());

test('a series is fetched once: for calls at the same time, and for later ones', async () => {
  const uses = await Promise.all([archive.use('1.2', never), archive.use('1.2', never)]);
  uses.push(await archive.use('1.2', never));
  expect(new Set(uses.map(({ id }) => id)).size).toBe(1);
  expect(asked).toEqual([{ server_address: 'http://pacs/dicom-web', series_uid: '1.2' }]);
  uses.forEach((use) => use.release());
});

test('it is fetched again when its session is over', async () => {
  const first = await archive.use('1.2', never);
  first.release();
  now += 60_000;
  const second = await archive.use('1.2', never);
  expect(second.id).not.toBe(first.id);
  expect(asked).toHaveLength(2);
  second.release();
});

test('a failure is told to everybody who waits, and not remembered', async () => {
  arrives = Promise.reject(new Error('the PACS is away'));
  const calls = await Promise.allSettled([archive.use('1.2', never), archive.use('1.2', never)]);
  expect(calls.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  arrives = Promise.resolve();
  (await archive.use('1.2', never)).release();
  expect(asked).toHaveLength(2);
});

test('a client that goes away stops waiting; who comes next finds the series', async () => {
  let arrive = () => {};
  arrives = new Promise<void>((resolve) => (arrive = resolve));
  const gone = new AbortController();
  const call = archive.use('1.2', gone.signal);
  gone.abort();
  await expect(call).rejects.toMatchObject({ code: 'CANCELLED' });
  const next = archive.use('1.2', never);
  arrive();
  (await next).release();
  expect(asked).toHaveLength(1);
});
