import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Catalog } from '../../gateway/deployment/catalog';
import { statusOf } from '../../gateway/deployment/model';
import { until } from '../until';
import { Deployment } from './deployment';

let world: Deployment;
let catalog: Catalog;

beforeEach(async () => {
  world = await Deployment.start();
  catalog = await world.gateway('g1');
  for (const name of ['m', 'n']) await catalog.put(name, world.network(name));
});
afterEach(() => world.stop());

const folder = (...names: string[]) => join(world.root, ...names);
const isWhole = () =>
  ['m', 'n'].every((name) =>
    ['1/model.onnx', 'config.pbtxt'].every((file) => existsSync(folder('repository', name, file))),
  );
const areReady = () => catalog.list().every(({ state }) => state === 'ready');

test.each<[string, string[]]>([
  ['the repository', ['repository']],
  ['the repository and what lies beside it', ['repository', '.repository.staging']],
  ['the folder of a model', ['repository/m']],
  ['the version in it', ['repository/m/1']],
  ['its config', ['repository/m/config.pbtxt']],
])('%s is deleted while it runs: built again at the next look, and Triton loads it', async (_, lost) => {
  lost.forEach((name) => rmSync(folder(name), { recursive: true }));
  // A Triton that started again meanwhile has nothing.
  world.triton.restart();
  await catalog.reconciler.look();
  await until(isWhole);
  await until(() => world.triton.served.get('m') === '1');
  await until(areReady);
});

test('a Triton that comes back to an empty folder is given all models', async () => {
  rmSync(folder('repository'), { recursive: true });
  world.triton.restart();
  await catalog.reconciler.settleAll();
  expect(isWhole()).toBe(true);
  expect([...world.triton.served.keys()].sort()).toEqual(['m', 'n']);
});

test('where it cannot be built, models serve on, and the log says why', async () => {
  rmSync(folder('repository'), { recursive: true });
  writeFileSync(folder('repository'), 'in the way');
  await catalog.reconciler.lookAt('m');
  expect(world.errors.join()).toContain('a model serves, and its folder cannot be made');
  expect(statusOf(catalog.find('m')!)).toEqual({ state: 'ready', reason: '' });
  rmSync(folder('repository'));
  await catalog.reconciler.lookAt('m');
  expect(world.files('repository')).toEqual(['m']);
});
