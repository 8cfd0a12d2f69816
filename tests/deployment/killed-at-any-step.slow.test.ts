import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import type { Catalog } from '../../gateway/deployment/catalog';
import { refuse } from '../triton/fake-triton';
import { Deployment, KEEP, networkConfig, pipelineConfig } from './deployment';
import type * as stopping from './stopped-at';
import { steps } from './stopped-at';

jest.mock('node:fs/promises', () => {
  const { stoppable } = jest.requireActual<typeof stopping>('./stopped-at');
  return stoppable(jest.requireActual('node:fs/promises'));
});

let world: Deployment;
let begin: () => Promise<Catalog>;

/** Two versions of `m`, of which the second one serves. */
beforeEach(async () => {
  world = await Deployment.start();
  const catalog = await world.gateway('g1');
  await catalog.put('m', world.network('first'));
  await catalog.put('m', world.network('second'));
  const reset = world.snapshot();
  world.triton.beforeChange = () => {
    try {
      steps.take();
    } catch {
      throw refuse(status.UNAVAILABLE, 'nobody hears of it');
    }
  };
  begin = async () => {
    await reset();
    return world.gateway('g1');
  };
});

afterEach(async () => {
  steps.end();
  await world.stop();
});

type Change = (catalog: Catalog) => Promise<unknown>;

/** Each change with what served before and what serves when it is through: the number of the version, none for a pipeline or no model. */
const changes: [name: string, before: string | undefined, after: string | undefined, change: Change][] = [
  ['an upload over another', '2', '3', (catalog) => catalog.put('m', world.network('new'))],
  ['a new config', '2', '3', (catalog) => catalog.patch('m', networkConfig('new'))],
  ['back to an earlier version', '2', '1', (catalog) => catalog.rollBack('m', 1)],
  ['a pipeline over a network', '2', undefined, (catalog) => catalog.put('m', { config: pipelineConfig })],
  ['a removal', '2', undefined, (catalog) => catalog.remove('m')],
  ['a first upload', undefined, '1', (catalog) => catalog.put('n', world.network('new'))],
];

/** List, disk, repository and Triton say the same, and nothing is left over. */
async function expectAgreement(catalog: Catalog): Promise<void> {
  const models = catalog.list();
  expect(models.map(({ name, state, reason }) => [name, state, reason])).toEqual(
    models.map(({ name }) => [name, 'ready', '']),
  );
  const networks = models.filter(({ spec }) => spec?.triton);
  const served = networks.map(({ name, stored }) => [name, String(stored.version)]);
  expect([...world.triton.served].sort()).toEqual(served);
  expect(world.files('repository')).toEqual(networks.map(({ name }) => name));
  expect(world.files('models')).toEqual(['.staging', ...models.map(({ name }) => name)]);
  for (const { name, stored } of models) {
    const kept = (await catalog.versions(name)).map(({ version }) => String(version));
    expect(kept.length).toBeLessThanOrEqual(KEEP);
    expect(world.files(`models/${name}`)).toEqual([...kept, 'current.json']);
    if (!stored.file) continue;
    const published = readFileSync(join(world.root, 'repository', name, 'config.pbtxt'), 'utf8');
    expect(published).toContain(`version ${stored.version} of ${name}, uploaded ${stored.uploaded}`);
    expect(world.files(`repository/${name}/${stored.version}`)).toEqual([stored.file]);
  }
  expect(world.unfinished).toEqual([]);
}

const servedNow = (name: string) => world.triton.served.get(name);

describe.each(changes)('%s', (name, before, after, change) => {
  const model = name === 'a first upload' ? 'n' : 'm';

  test('killed before any step, the next gateway makes all agree, whether Triton ran on or started again', async () => {
    for (let stopAt = 1, through = false; !through; stopAt++) {
      const catalog = await begin();
      steps.begin(stopAt, 'killed');
      through = await change(catalog).then(
        () => steps.taken < stopAt,
        () => false,
      );
      steps.end();
      if (stopAt % 2 === 0) world.triton.restart();
      const next = await world.gateway('g2');
      await expectAgreement(next);
      expect([before, after]).toContain(servedNow(model));
      if (through) expect([servedNow(model), stopAt > 4]).toEqual([after, true]);
      await next.put(model, world.network('one more'));
      await expectAgreement(next);
    }
  });

  test('whichever step fails, the answer is true: a change that failed left what served before', async () => {
    for (let stopAt = 1, through = false; !through; stopAt++) {
      const catalog = await begin();
      steps.begin(stopAt, 'failed');
      const done = await change(catalog).then(
        () => true,
        () => false,
      );
      through = steps.taken < stopAt;
      steps.end();
      const listed = catalog.find(model);
      // A network that Triton did not unload serves nobody, and goes when all is settled.
      if (done) expect([after, before]).toContain(servedNow(model));
      else if (listed) expect(String(listed.stored.version)).toBe(before);
      if (listed?.state === 'ready' && listed.spec?.triton)
        expect(servedNow(model)).toBe(String(listed.stored.version));
      await catalog.reconciler.settleAll();
      expect(servedNow(model)).toBe(catalog.find(model)?.spec?.triton && String(catalog.find(model)!.stored.version));
      await expectAgreement(await world.gateway('g2'));
      if (through) expect(done).toBe(true);
    }
  });
});
