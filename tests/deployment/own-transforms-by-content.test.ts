import { mkdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Catalog } from '../../gateway/deployment/catalog';
import { ModelReader, type CatalogParts } from '../../gateway/deployment/model';
import { PreparedCache } from '../../gateway/jobs/prepared-cache';
import type { ModelSpec } from '../../gateway/model-spec';
import type { Job } from '../../gateway/pipeline/job';
import type { TransformLibrary } from '../../gateway/transforms/own/library';
import { brightConfig } from '../system/onnx-builder';
import { Deployment } from './deployment';

let world: Deployment;
let catalog: Catalog;
beforeEach(async () => {
  world = await Deployment.start();
  mkdirSync(join(world.root, 'lib'));
});
afterEach(() => world.stop());

let writes = 0;
function writeTransform(body: string): void {
  const file = join(world.root, 'lib/cleaning.mjs');
  writeFileSync(file, `export class Clean { static readsParams = false; apply(sample) { ${body} } }`);
  // A second later for each write, whatever the clock of the disk.
  const later = statSync(file).mtimeMs / 1000 + ++writes;
  utimesSync(file, later, later);
}

/** What the next job of the model is begun with. */
async function nextJob(): Promise<Pick<Job, 'spec'>> {
  return catalog.run(catalog.getReady('m'), new AbortController().signal, (models) => Promise.resolve(models));
}

const keyOf = async () =>
  new PreparedCache(1 << 20).keyOf({ ...(await nextJob()), session: 's', params: {}, options: {} } as Job);

test('an image that was prepared with another content of an own transform is not used again', async () => {
  writeTransform('');
  catalog = await world.gateway('g1');
  const config = brightConfig();
  const pre = [...(config.pre_transforms as object[]), { name: 'cleaning.Clean', args: {} }];
  await catalog.put('m', { ...world.network(''), config: JSON.stringify({ ...config, pre_transforms: pre }) });
  const first = await keyOf();
  expect([first, await keyOf()]).toEqual([expect.any(String), first]);
  writeTransform('sample.changed = 1;');
  const second = await keyOf();
  expect(second).not.toBe(first);
  writeTransform('');
  expect(await keyOf()).toBe(first);
});

test('what an own transform makes since it looks at the request is not kept', async () => {
  const library = { refresh: () => Promise.resolve(), contentOf: () => 'new', find: () => ({ readsParams: true }) };
  const reader = new ModelReader({ library: library as unknown as TransformLibrary } as CatalogParts);
  const pre = ['LoadNifti', 'cleaning.Clean', 'ScaleIntensityRange'].map((name) => ({ name, args: {} }));
  expect((await reader.current({ pre, cacheableSteps: 3 } as ModelSpec)).cacheableSteps).toBe(0);
  Object.assign(library, { contentOf: (name: string) => (name === 'cleaning.Clean' ? 'new' : undefined) });
  expect((await reader.current({ pre, cacheableSteps: 3 } as ModelSpec)).cacheableSteps).toBe(1);
});

test('jobs of models without own transforms are begun with the spec as it is', async () => {
  catalog = await world.gateway('g1');
  await catalog.put('m', world.network('first'));
  expect((await nextJob()).spec).toBe(catalog.get('m').spec);
});
