import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Gateways } from '../../gateway/workspace/gateways';
import { runningGateways, writeRunFile } from '../../gateway/workspace/run-file';
import { tellOfDamage } from '../../gateway/workspace/set-aside';
import { damages } from '../damages';

let workspace: string;
let told: unknown[];

beforeEach(() => {
  told = [];
  tellOfDamage((...line) => told.push(line));
  workspace = mkdtempSync(join(tmpdir(), 'locks-'));
  mkdirSync(join(workspace, 'gateways'));
  mkdirSync(join(workspace, 'run'));
});
afterEach(() => rmSync(workspace, { recursive: true, force: true }));

const enter = () => Gateways.join({ workspace, shared: true, onWaiting: () => undefined, waitMs: 300 });
const whole = JSON.stringify({ id: 'x', place: 'node-7 x y', pid: 7, started: '1' });
const MEMBER = '00000000-0000-4000-8000-000000000000.shared';

/** Older than a holder may be silent. */
function age(file: string): void {
  const longAgo = Date.now() / 1000 - 60;
  utimesSync(file, longAgo, longAgo);
}

test.each(Object.entries(damages))(
  'the lock of the entry that %s is set aside, and the gateway starts',
  async (_, damage) => {
    const file = join(workspace, 'gateways/entry');
    writeFileSync(file, whole);
    damage(file);
    age(file);
    const gateway = await enter();
    expect(readdirSync(join(workspace, 'gateways'))).toContain('entry.damaged-1');
    const facts = { file: 'gateways/entry', kept: 'gateways/entry.damaged-1' };
    expect(told).toEqual([['a file cannot be read; it was set aside', facts]]);
    await gateway.removeDead();
    await gateway.leave();
    expect(readdirSync(join(workspace, 'gateways'))).toEqual(['entry.damaged-1']);
  },
);

test.each(Object.entries(damages))(
  'an entry of a gateway that %s keeps nobody out, and is not deleted',
  async (_, damage) => {
    const file = join(workspace, 'gateways', MEMBER);
    writeFileSync(file, whole);
    damage(file);
    age(file);
    const gateway = await enter();
    expect(await gateway.alive()).toEqual(new Set([gateway.id]));
    await gateway.removeDead();
    expect([await gateway.removeDead(), await gateway.alive()]).toEqual([false, new Set([gateway.id])]);
    expect(readdirSync(join(workspace, 'gateways')).some((name) => name.startsWith(MEMBER))).toBe(true);
    await gateway.leave();
  },
);

test('lost+found beside them stays', async () => {
  mkdirSync(join(workspace, 'gateways/lost+found'));
  const gateway = await enter();
  await gateway.removeDead();
  await gateway.leave();
  expect(readdirSync(join(workspace, 'gateways'))).toEqual(['lost+found']);
});

test.each(Object.entries(damages))('a run file that %s stays, and the others are found', (_, damage) => {
  const file = join(workspace, 'run/other.json');
  writeFileSync(file, JSON.stringify({ pid: 1, started: '1', host: hostname(), urls: [] }));
  damage(file);
  const remove = writeRunFile(workspace, ['http://127.0.0.1:1']);
  expect(runningGateways(workspace).map(({ pid }) => pid)).toEqual([process.pid]);
  expect(existsSync(file)).toBe(true);
  expect(told).toEqual([['a file cannot be read; it is left as it is', { file: 'run/other.json' }]]);
  remove();
});
