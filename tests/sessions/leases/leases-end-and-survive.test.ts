import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeMask } from '../../../gateway/pipeline/interactive/boxed-mask';
import { LeaseStore, type LeaseRecord, type LeaseStoreOptions } from '../../../gateway/sessions/leases/lease-store';

let directory: string;
let now: number;
const ended: LeaseRecord[] = [];
const open = (more: Partial<LeaseStoreOptions> = {}) =>
  LeaseStore.open({
    directory,
    most: 3,
    idleSeconds: 600,
    livenessSeconds: 60,
    onEnd: (record) => void ended.push(record),
    now: () => now,
    ...more,
  });
const stores: LeaseStore[] = [];
async function store(more?: Partial<LeaseStoreOptions>) {
  const made = await open(more);
  stores.push(made);
  return made;
}
const seconds = (count: number) => (now += count * 1000);

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'leases-'));
  now = Date.now();
  ended.length = 0;
});
afterEach(() => {
  stores.splice(0).forEach((one) => one.close());
  rmSync(directory, { recursive: true, force: true });
});

test('signs of life keep a lease until nothing was done for the idle time', async () => {
  const leases = await store();
  const token = await leases.claim('m', undefined);
  for (let minute = 0; minute < 10; minute++) {
    seconds(59);
    leases.touch(leases.find(token, undefined), false);
  }
  expect(leases.remaining(leases.find(token, undefined))).toBeCloseTo(10);
  seconds(10);
  expect(() => leases.find(token, undefined)).toThrow('initialize again');
});

test('without a sign of life it ends sooner, with its image and its files', async () => {
  const leases = await store();
  const token = await leases.claim('m', undefined);
  await leases.commit(leases.find(token, undefined), { image: { session: 's', shape: [1, 2, 3, 4] } });
  seconds(60);
  await leases.sweep();
  expect(ended).toMatchObject([{ image: { session: 's' } }]);
  expect(readdirSync(directory)).toEqual([]);
});

test('a lease does not end while its model computes', async () => {
  const leases = await store();
  const lease = leases.find(await leases.claim('m', undefined), undefined);
  await leases.inTurn(lease, async () => {
    seconds(700);
    await leases.sweep();
  });
  expect(leases.remaining(lease)).toBe(600);
});

test('10,000 claims take the places that there are, and no more; one that ends is free again', async () => {
  const leases = await store();
  const claims = await Promise.allSettled(Array.from({ length: 10_000 }, () => leases.claim('m', undefined)));
  const tokens = claims.flatMap((claim) => (claim.status === 'fulfilled' ? [claim.value] : []));
  expect(tokens).toHaveLength(3);
  expect(readdirSync(directory)).toHaveLength(3);
  await leases.end(leases.find(tokens[0], undefined));
  await leases.claim('m', undefined);
});

test('a lease is for the access token that it was claimed with', async () => {
  const leases = await store();
  const token = await leases.claim('m', 'hash of ann');
  expect(leases.find(token, 'hash of ann').record.model).toBe('m');
  for (const other of ['hash of bob', undefined]) expect(() => leases.find(token, other)).toThrow('initialize again');
  expect(() => leases.find('guessed', 'hash of ann')).toThrow('initialize again');
});

test('after a kill the lease is there with all that was said; its client is given time to come back', async () => {
  const first = await store();
  const token = await first.claim('m', undefined);
  const lease = first.find(token, undefined);
  const interaction = { prompts: [{ kind: 'point' as const, at: [1, 2, 3], positive: true }], mask: 'mask-2', pending: false }; // prettier-ignore
  writeFileSync(path.join(lease.folder, 'mask-1'), 'no record names it');
  await writeMask(lease.folder, 'mask-2', { box: null, data: new Uint8Array(0) });
  await first.commit(lease, { interaction, autozoom: false });
  now = Date.now() + 90_000;
  const second = await store({ gateway: { id: 'next', alive: new Set(['next']) } });
  const found = second.find(token, undefined);
  expect(found.record).toEqual(lease.record);
  expect(readdirSync(found.folder).sort()).toEqual(['lease.json', 'mask-2']);
});

test('leases of another living gateway stay with it; what a kill left half made goes', async () => {
  const first = await store({ gateway: { id: 'first', alive: new Set(['first']) } });
  const token = await first.claim('m', undefined);
  const { id } = first.find(token, undefined);
  writeFileSync(path.join(first.find(token, undefined).folder, 'lease.json.new'), '{');
  const second = await store({ gateway: { id: 'second', alive: new Set(['first', 'second']) } });
  expect(() => second.find(token, undefined)).toThrow('initialize again');
  rmSync(path.join(first.find(token, undefined).folder, 'lease.json'));
  await store({ gateway: { id: 'third', alive: new Set(['second', 'third']) } });
  expect(readdirSync(directory).filter((name) => name.startsWith(id))).toEqual([]);
});

test('16 steps back are kept, and only one where their masks are large', async () => {
  const leases = await store();
  const lease = leases.find(await leases.claim('m', undefined), undefined);
  const step = (mask?: string) => ({ prompts: [], mask, pending: false });
  await leases.commit(lease, { undo: Array.from({ length: 40 }, () => step()) });
  expect(lease.record.undo).toHaveLength(16);
  writeFileSync(path.join(lease.folder, 'mask-1'), Buffer.alloc(1));
  // 300 MB that take no room on the disk.
  truncateSync(path.join(lease.folder, 'mask-1'), 300 << 20);
  await leases.commit(lease, { undo: [step('mask-1'), step('mask-1'), step()] });
  expect(lease.record.undo).toHaveLength(1);
});
