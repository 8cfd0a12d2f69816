import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Gateways } from '../../gateway/workspace/gateways';
import { SharedLocks } from '../../gateway/workspace/locks';

let workspace: string;

beforeEach(() => (workspace = mkdtempSync(path.join(tmpdir(), 'gateways-'))));
afterEach(() => rmSync(workspace, { recursive: true, force: true }));

const waited: string[] = [];
const enter = (shared: boolean, waitMs = 300) =>
  Gateways.join({ workspace, shared, waitMs, onWaiting: (who) => waited.push(who) });
const folder = () => path.join(workspace, 'gateways');

/** A gateway that was killed `ago` milliseconds ago, on this machine or on another one. */
async function killed(name: string, { elsewhere = false, ago = 0 } = {}): Promise<void> {
  const gateway = await enter(true);
  const file = path.join(folder(), `${gateway.id}.shared`);
  const holder = JSON.parse(readFileSync(file, 'utf8')) as object;
  await gateway.leave();
  const now = new Date(Date.now() - ago);
  const gone = path.join(folder(), name);
  writeFileSync(gone, JSON.stringify({ ...holder, ...(elsewhere ? { place: 'node-7 x y' } : { started: '1' }) }));
  utimesSync(gone, now, now);
}

const DEAD = '00000000-0000-4000-8000-000000000000';

test.each([
  [false, false],
  [false, true],
  [true, false],
])('sharing: first %s, second %s: the second does not start, and the message says who and what to do', async (a, b) => {
  const first = await enter(a);
  await expect(enter(b)).rejects.toThrow(new RegExp(`is used by another gateway, process ${process.pid} on .*--auto_reload true`)); // prettier-ignore
  await first.leave();
  const second = await enter(b);
  await second.leave();
  expect(readdirSync(folder())).toEqual([]);
});

test('those that share see each other', async () => {
  const [first, second] = [await enter(true), await enter(true)];
  expect(await first.alive()).toEqual(new Set([first.id, second.id]));
  expect(await first.removeDead()).toBe(false);
  await second.leave();
  expect(await first.alive()).toEqual(new Set([first.id]));
  await first.leave();
});

test('each one hears once that another is gone, also when a third was faster to strike it off', async () => {
  const [first, second, third] = [await enter(true), await enter(true), await enter(true)];
  const look = async () => [await first.removeDead(), await second.removeDead()];
  expect(await look()).toEqual([false, false]);
  await third.leave();
  expect(await look()).toEqual([true, true]);
  expect(await look()).toEqual([false, false]);
  await Promise.all([first.leave(), second.leave()]);
});

test('one that was killed on this machine is gone at once, with its locks', async () => {
  await killed(DEAD);
  const gateway = await enter(true);
  mkdirSync(gateway.locks!);
  writeFileSync(path.join(gateway.locks!, 'm'), readFileSync(path.join(folder(), DEAD)));
  writeFileSync(path.join(gateway.locks!, '.m.draft'), readFileSync(path.join(folder(), DEAD)));
  expect(await gateway.alive()).toEqual(new Set([gateway.id]));
  expect([await gateway.removeDead(), await gateway.removeDead()]).toEqual([true, false]);
  expect(readdirSync(gateway.locks!)).toEqual([]);
  await gateway.leave();
  expect(readdirSync(folder())).toEqual(['locks']);
});

test('one on another machine that may be gone is waited for', async () => {
  await killed(DEAD, { elsewhere: true, ago: 14_800 });
  const gateway = await enter(false, 3000);
  expect(waited).toEqual([`process ${process.pid} on node-7`]);
  await gateway.leave();
  await killed(DEAD, { elsewhere: true });
  await expect(enter(false)).rejects.toThrow(`process ${process.pid} on node-7`);
});

test('one that was taken for dead takes its place again', async () => {
  const gateway = await enter(true);
  expect(await gateway.stay()).toBe(false);
  rmSync(path.join(folder(), `${gateway.id}.shared`));
  expect([await gateway.stay(), await gateway.stay()]).toEqual([true, false]);
  await gateway.leave();
});

test('a lock that another gateway took over is not confirmed', async () => {
  const locks = path.join(workspace, 'locks');
  const [one, other] = [new SharedLocks(locks, 200), new SharedLocks(locks, 200)];
  await one.run('m', async () => {
    await one.confirm('m');
    rmSync(path.join(locks, 'm'));
    await other.run('m', async () => {
      await expect(one.confirm('m')).rejects.toMatchObject({ code: 'MODEL_BUSY', status: 503 });
      await other.confirm('m');
    });
    expect(await one.holds('m')).toBe(false);
  });
});

test('a lock that another gateway does not give back: 503 that names it', async () => {
  const locks = path.join(workspace, 'locks');
  const [one, other] = [new SharedLocks(locks, 200), new SharedLocks(locks, 200)];
  await one.run('m', async () => {
    await expect(other.run('m', () => Promise.resolve())).rejects.toMatchObject({
      code: 'MODEL_BUSY',
      message: expect.stringMatching(new RegExp(`"m" is busy: another gateway \\(process ${process.pid} on .*0.2 s`)),
    });
    expect(await other.run('n', () => Promise.resolve('free'))).toBe('free');
  });
  expect(await other.run('m', () => Promise.resolve('free'))).toBe('free');
});
