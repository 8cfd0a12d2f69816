import { fail } from '../../gateway/errors';
import type { Catalog, ServedModels } from '../../gateway/deployment/catalog';
import { Deployment, networkConfig } from './deployment';

let world: Deployment;
let catalog: Catalog;
const never = new AbortController().signal;

beforeEach(async () => {
  world = await Deployment.start();
  catalog = await world.gateway('g1');
  await catalog.put('m', world.network('first'));
});
afterEach(() => world.stop());

/** Runs jobs that fail for want of their version as long as `replace` says so. @returns the versions that were tried */
async function versionsTried(replace: (attempt: number) => Promise<unknown> | undefined): Promise<string[]> {
  const tried: string[] = [];
  const changes: unknown[] = [];
  const job = ({ modelVersion }: ServedModels) => {
    tried.push(modelVersion);
    const replaced = replace(tried.length);
    changes.push(replaced);
    return replaced
      ? Promise.reject(fail('MODEL_NOT_READY', { model: 'm', what: 'unknown version' }))
      : Promise.resolve();
  };
  await catalog.run(catalog.getReady('m'), never, job).catch((error: Error) => tried.push(error.message));
  await Promise.all(changes);
  return tried;
}

test('on the new version, once the change under way is through', async () => {
  const replace = (attempt: number) => (attempt === 1 ? catalog.patch('m', networkConfig('second')) : undefined);
  expect(await versionsTried(replace)).toEqual(['1', '2']);
});

test('not when the model serves in the same version, and three times at most', async () => {
  const sentence = expect.stringMatching(/is not ready: unknown version/);
  expect(await versionsTried(() => Promise.resolve())).toEqual(['1', sentence]);
  const changing = (attempt: number) => catalog.patch('m', networkConfig(`change ${attempt}`));
  expect(await versionsTried(changing)).toEqual(['1', '2', '3', sentence]);
});

test('a model is removed when its last job is done; a removal under way takes no new jobs', async () => {
  const events: string[] = [];
  let end = () => {};
  const running = catalog
    .run(catalog.getReady('m'), never, () => new Promise<void>((resolve) => (end = resolve)))
    .then(() => events.push('job'));
  const removal = catalog.remove('m').then(() => events.push('removal'));
  while (catalog.find('m')) await new Promise(setImmediate);
  expect(world.triton.served.get('m')).toBe('1');
  expect(() => catalog.getReady('m')).toThrow(/no model "m"/);
  end();
  await Promise.all([running, removal]);
  expect([events, world.triton.served.get('m')]).toEqual([['job', 'removal'], undefined]);
});

test('a model that Triton loads and that cannot work is refused; the previous one goes on', async () => {
  const strict = await world.gateway('g2', { dryRunMs: 1000 });
  const windows = { scanning_window: true, roi: [8, 8, 8] };
  await expect(strict.put('m', world.network('second', windows))).rejects.toMatchObject({
    code: 'MODEL_CANNOT_WORK',
    message: expect.stringMatching(/no kernel for this shape/),
  });
  expect([strict.get('m').stored.version, world.triton.served.get('m')]).toEqual([1, '1']);
});

test('while Triton is away a change is refused and said of the model; it serves again when Triton is back', async () => {
  world.triton.isAway = true;
  await expect(catalog.patch('m', networkConfig('second'))).rejects.toMatchObject({ code: 'TRITON_UNAVAILABLE' });
  expect(catalog.get('m')).toMatchObject({ state: 'failed', reason: expect.stringMatching(/does not answer/) });
  world.triton.isAway = false;
  await catalog.reconciler.settleAll();
  expect(catalog.get('m')).toMatchObject({ state: 'ready', stored: { version: 1 } });
});
