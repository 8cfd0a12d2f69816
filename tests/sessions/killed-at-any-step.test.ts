import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SessionStore } from '../../gateway/sessions/store';
import type * as stopping from '../deployment/stopped-at';
import { steps } from '../deployment/stopped-at';
import { makeDicom } from '../imaging/formats/dicom/make-dicom';
import { temporaryFolder } from '../imaging/formats/temporary-file';

jest.mock('node:fs/promises', () => {
  const { stoppable } = jest.requireActual<typeof stopping>('../deployment/stopped-at');
  return stoppable(jest.requireActual('node:fs/promises'));
});

let directory: string;
let now: number;
let warnings: unknown[];
const stores: SessionStore[] = [];
const signal = new AbortController().signal;

async function open(): Promise<SessionStore> {
  const store = await SessionStore.open({
    directory,
    expirySeconds: 3600,
    quotaBytes: 20_000,
    now: () => now,
    toNifti: async (_source, target) => {
      steps.take();
      writeFileSync(target, 'voxels');
      return { shape: [5, 4, 2], warnings: [] };
    },
    warn: (...warning) => warnings.push(warning),
  });
  stores.push(store);
  return store;
}

/** A session of a series: an image, and a folder with the files it was made of. */
async function add(store: SessionStore): Promise<string> {
  const files = [0, 1].map((z) => {
    const content = makeDicom({ position: [0, 0, z] });
    const path = join(temporaryFolder(), 'sent');
    writeFileSync(path, content);
    return { path, name: `${z}.dcm`, bytes: content.length };
  });
  return (await store.create(() => Promise.resolve(files), { expiry: 60, signal })).id;
}

afterEach(() => {
  steps.end();
  stores.splice(0).forEach((store) => store.close());
});

const changes: [string, (store: SessionStore, id: string) => Promise<unknown>][] = [
  ['a removal', (store, id) => store.delete(id)],
  ['a sweep of one that is over', (store) => ((now += 61_000), store.sweep())],
  ['a new one', (store) => add(store)],
];

test.each(changes)('%s, killed before any step: what the next gateway serves is whole, and nothing else is left', async (name, change) => {
  for (let stopAt = 1, through = false; !through; stopAt++) {
    [now, directory, warnings] = [Date.now(), temporaryFolder(), []];
    const store = await open();
    const id = await add(store);
    const { id: other } = await store.create(() => {
      const path = join(temporaryFolder(), 'sent');
      writeFileSync(path, makeDicom({ position: [0, 0, 0] }));
      return Promise.resolve([{ path, name: 'other.dcm', bytes: 1000 }]);
    }, { signal });
    steps.begin(stopAt, 'killed');
    await change(store, id).catch(() => undefined);
    through = steps.taken < stopAt;
    steps.end();
    store.close();
    warnings = [];
    const next = await open();
    const served = readdirSync(directory);
    expect(served).toContain(other);
    // Before its last step a new session is none; one that goes is whole or none.
    expect(served.length).toBeLessThanOrEqual(name === 'a new one' ? 3 : 2);
    for (const session of served) {
      const { image, dicom, release } = await next.use(session);
      expect([existsSync(image.path), readdirSync(dicom!).length]).toEqual([true, session === other ? 1 : 2]);
      release();
    }
    expect([warnings, next.damagedCount, next.totals.count]).toEqual([[], 0, served.length]);
    if (through) expect([served.length, stopAt > 4]).toEqual([name === 'a new one' ? 3 : 1, true]);
  }
}); // prettier-ignore
