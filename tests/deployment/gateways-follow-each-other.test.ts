import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Gateways } from '../../gateway/workspace/gateways';
import { until } from '../until';
import { Deployment, networkConfig } from './deployment';

let world: Deployment;
beforeEach(async () => (world = await Deployment.start()));
afterEach(() => world.stop());

/** Two gateways of one workspace, each with a connection of its own. */
const both = () => Promise.all(['g1', 'g2'].map((name) => world.gateway(name, { shared: true })));

test('a change of one is known to the other when it looks, and before it changes the model itself', async () => {
  const [first, second] = await both();
  await first.put('m', world.network('first'));
  expect(second.find('m')).toBeUndefined();
  await second.patch('m', networkConfig('second'));
  expect(second.get('m')).toMatchObject({ state: 'ready', stored: { version: 2 } });
  await first.reconciler.follow();
  await first.rollBack('m', 1);
  expect(first.get('m').stored.version).toBe(1);
  await second.remove('m');
  await expect(first.patch('m', networkConfig('late'))).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  expect([...world.triton.served]).toEqual([]);
});

test('uploads at the same time are versions one after the other', async () => {
  const gateways = await both();
  const models = await Promise.all(gateways.map((gateway, at) => gateway.put('m', world.network(`of ${at}`))));
  expect(models.map(({ stored }) => stored.version).sort()).toEqual([1, 2]);
  expect(world.triton.served.get('m')).toBe('2');
});

test('a record that is damaged while models serve takes none of them away', async () => {
  const [first, second] = await both();
  for (const name of ['m', 'n']) await first.put(name, world.network('first'));
  await second.reconciler.settleAll();
  writeFileSync(join(world.root, 'models/m/current.json'), '');
  for (const gateway of [first, second]) {
    await gateway.reconciler.follow();
    await gateway.reconciler.settleAll();
    expect(gateway.list().map(({ name, state }) => [name, state])).toEqual([['m', 'ready'], ['n', 'ready']]); // prettier-ignore
  }
  await second.put('n', world.network('second'));
  await first.reconciler.settleOne('n');
  expect(first.get('n').stored.version).toBe(2);
});

test('what a gateway that is gone left is cleared up at the next look, when the first one failed', async () => {
  const [first, second] = await both();
  await first.put('m', world.network('first'));
  await second.reconciler.settleAll();
  // Not committed, as by a kill.
  mkdirSync(join(world.root, 'models/m/2'));
  const gone = [true];
  const gateways = { stay: () => Promise.resolve(false), removeDead: () => Promise.resolve(gone.pop() ?? false) };
  const clearUp = jest.fn().mockRejectedValueOnce(new Error('EBUSY')).mockResolvedValue(undefined);
  const stop = second.reconciler.watchGateways(gateways as unknown as Gateways, clearUp);
  try {
    await until(() => !existsSync(join(world.root, 'models/m/2')));
    expect(clearUp).toHaveBeenCalledTimes(2);
  } finally {
    stop();
  }
});
