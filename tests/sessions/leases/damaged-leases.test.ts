import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { readMask, writeMask } from '../../../gateway/pipeline/interactive/boxed-mask';
import { LeaseStore } from '../../../gateway/sessions/leases/lease-store';
import { damages } from '../../damages';
import { temporaryFolder } from '../../imaging/formats/temporary-file';

let now: number;
let directory: string;
let warnings: [message: string, facts: object][];
let store: LeaseStore;

async function open(): Promise<void> {
  store = await LeaseStore.open({
    directory,
    most: 3,
    idleSeconds: 600,
    livenessSeconds: 60,
    onEnd: () => undefined,
    warn: (...warning) => warnings.push(warning),
    now: () => now,
  });
}

beforeEach(async () => {
  [now, directory, warnings] = [Date.now(), temporaryFolder(), []];
  await open();
});
afterEach(() => store.close());

/** A lease with a mask, which the record names in all places where one can stand. */
async function claim() {
  const token = await store.claim('m', undefined);
  const lease = store.find(token, undefined);
  const mask = store.nextFile(lease);
  await writeMask(lease.folder, mask, { box: [[0, 1], [2, 4], [1, 4]], data: new Uint8Array(6).fill(1) }); // prettier-ignore
  const point = { kind: 'point' as const, at: [1, 2, 3], positive: true };
  const interaction = { prompts: [point, { kind: 'lasso' as const, mask, positive: false }], mask, pending: false };
  await store.commit(lease, { interaction, delivered: mask, image: { session: 's', shape: [1, 2, 3, 4] } });
  return { token, lease, mask: join(lease.folder, mask) };
}

type Facts = Record<string, unknown> & { interaction: { prompts: unknown } };
const edit = (change: (record: Facts) => void) => (file: string) => {
  const record = JSON.parse(readFileSync(file, 'utf8')) as Facts;
  change(record);
  writeFileSync(file, JSON.stringify(record));
};

const records = Object.entries({
  ...damages,
  'is missing': (file: string) => rmSync(file),
  'has prompts that are numbers': edit((record) => (record.interaction.prompts = [7])),
  'has a prompt of an unknown kind': edit((record) => (record.interaction.prompts = [{ kind: 'x', mask: '../x' }])),
  'names a mask that is not there': edit((record) => (record.delivered = 'mask-9')),
  'names a mask elsewhere': edit((record) => (record.delivered = '../lease.json')),
});
const masks = Object.entries({
  ...Object.fromEntries(Object.entries(damages).filter(([name]) => name !== 'has fields of wrong types')),
  'is missing': (file: string) => rmSync(file),
  'lacks its last byte': (file: string) => truncateSync(file, readFileSync(file).length - 1),
  'has a byte more': (file: string) => writeFileSync(file, Buffer.concat([readFileSync(file), Buffer.alloc(1)])),
});

const over = expect.objectContaining({ status: 410 }) as Error;
const rejection = (work: Promise<unknown>) => work.then(() => undefined, (error: unknown) => error); // prettier-ignore

async function atStart(damage: (file: string) => void, fileOf: (claimed: Awaited<ReturnType<typeof claim>>) => string) {
  const [claimed, other] = [await claim(), await claim()];
  store.close();
  damage(fileOf(claimed));
  const before = readdirSync(claimed.lease.folder);
  await open();
  expect(() => store.find(claimed.token, undefined)).toThrow('initialize again');
  expect(warnings).toEqual([[expect.stringContaining('410'), expect.objectContaining({ reason: expect.stringMatching(/./) as string })]]); // prettier-ignore
  expect([readdirSync(claimed.lease.folder), store.damagedCount]).toEqual([before, 1]);
  store.find(other.token, undefined);
  now += 601_000;
  await store.sweep();
  expect([readdirSync(directory), store.damagedCount]).toEqual([[], 0]);
}

test.each(records)('at start, a lease.json that %s: 410, told, kept until its time is over', (_name, damage) =>
  atStart(damage, ({ lease }) => join(lease.folder, 'lease.json')),
);
test.each(masks)('at start, a mask that %s: 410, told, kept until its time is over', (_name, damage) =>
  atStart(damage, ({ mask }) => mask),
);

test.each(records)('while it runs, a lease.json that %s harms its lease at most', async (_name, damage) => {
  const [{ lease, token }, other] = [await claim(), await claim()];
  damage(join(lease.folder, 'lease.json'));
  const error = await rejection(store.inTurn(lease, () => store.commit(lease, { autozoom: false })));
  if (error === undefined) expect(store.find(token, undefined).record.autozoom).toBe(false);
  else {
    expect(error).toEqual(over);
    expect(() => store.find(token, undefined)).toThrow('initialize again');
  }
  expect([store.damagedCount, warnings.length]).toEqual(error ? [1, 1] : [0, 0]);
  store.find(other.token, undefined);
});

test.each(masks)(
  'while it runs, a mask that %s: no mask is made of it, and the lease is set aside',
  async (_name, damage) => {
    const [{ lease, token, mask }, other] = [await claim(), await claim()];
    damage(mask);
    const before = readdirSync(lease.folder);
    const use = () => readMask(lease.folder, lease.record.interaction.mask);
    expect(await rejection(store.inTurn(lease, use))).toMatchObject({ code: 'LEASE_DAMAGED', status: 410 });
    expect(() => store.find(token, undefined)).toThrow('initialize again');
    expect([readdirSync(lease.folder), store.damagedCount, warnings.length]).toEqual([before, 1, 1]);
    store.find(other.token, undefined);
    now += 601_000;
    await store.sweep();
    expect([existsSync(lease.folder), store.damagedCount]).toEqual([false, 0]);
  },
);

test('the folder of a lease, or that of all, goes while it runs: 410, and new ones are made', async () => {
  const [one, two] = [await claim(), await claim()];
  rmSync(one.lease.folder, { recursive: true });
  expect(await rejection(store.inTurn(one.lease, () => store.commit(one.lease, {})))).toEqual(over);
  renameSync(directory, `${directory}-away`);
  expect(await rejection(store.inTurn(two.lease, () => store.commit(two.lease, {})))).toEqual(over);
  store.find((await claim()).token, undefined);
});

test('what is not a lease stays; what a kill left half removed goes', async () => {
  const { lease } = await claim();
  store.close();
  const theirs = ['lost+found', `${'0'.repeat(32)}.gone`];
  mkdirSync(join(directory, theirs[0]));
  writeFileSync(join(directory, theirs[1]), 'a file');
  renameSync(lease.folder, join(directory, `leaving.${lease.id}`));
  await open();
  expect([readdirSync(directory).sort(), warnings]).toEqual([theirs.sort(), []]);
});
