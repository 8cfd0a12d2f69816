import { status } from '@grpc/grpc-js';
import type { Catalog } from '../../gateway/deployment/catalog';
import { refuse } from '../triton/fake-triton';
import { until } from '../until';
import { Deployment } from './deployment';

let world: Deployment;
let catalog: Catalog;

beforeEach(async () => {
  world = await Deployment.start();
  await (await world.gateway('g1')).put('m', world.network('m'));
  world.triton.restart();
});
afterEach(() => world.stop());

const busy = () => {
  throw refuse(status.UNAVAILABLE, 'too much to do');
};

test('a model whose load Triton did not answer is loaded at the next look, without a word for each try', async () => {
  world.triton.beforeChange = busy;
  catalog = await world.gateway('g1');
  expect(catalog.find('m')).toMatchObject({ state: 'failed', reason: expect.stringContaining('too much to do') });
  await catalog.reconciler.lookAt('m');
  await catalog.reconciler.lookAt('m');
  expect(world.errors).toEqual([expect.stringContaining('model could not be loaded')]);
  world.triton.beforeChange = () => undefined;
  await catalog.reconciler.look();
  await until(() => catalog.find('m')!.state === 'ready');
  expect(catalog.getReady('m')).toMatchObject({ version: 1 });
});

test('one that Triton refused is not asked for again', async () => {
  let loads = 0;
  world.triton.beforeChange = (rpc) => void (loads += rpc === 'load' ? 1 : 0);
  world.triton.refusesLoads = true;
  catalog = await world.gateway('g1');
  const before = loads;
  expect(catalog.find('m')).toMatchObject({ state: 'failed', reason: expect.stringContaining('failed to load') });
  await catalog.reconciler.look();
  await catalog.reconciler.lookAt('m');
  expect(loads).toBe(before);
});
