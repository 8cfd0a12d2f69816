import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Catalog } from '../../gateway/deployment/catalog';
import type { GatewayError } from '../../gateway/errors';
import { Deployment, networkConfig, pipelineConfig } from './deployment';

let world: Deployment;
let catalog: Catalog;

beforeEach(async () => {
  world = await Deployment.start();
  catalog = await world.gateway('g1');
});
afterEach(() => world.stop());

/** Two versions of the model, the second one serves. */
async function twoVersions(): Promise<void> {
  await catalog.put('m', world.network('first'));
  await catalog.put('m', world.network('second'));
}

const damage = (...path: string[]) => writeFileSync(join(world.root, 'models/m', ...path), '{"platform": ');

/** How a model gets into each state. */
const states: Record<string, () => Promise<void>> = {
  absent: () => Promise.resolve(),
  ready: twoVersions,
  'cannot be loaded': async () => {
    await twoVersions();
    world.triton.restart();
    world.triton.refusesLoads = true;
    await catalog.reconciler.settleAll();
    world.triton.refusesLoads = false;
  },
  'its version is damaged': async () => {
    await twoVersions();
    damage('2', 'package.json');
    catalog = await world.gateway('g1');
  },
  'its record is damaged': async () => {
    await twoVersions();
    damage('current.json');
    catalog = await world.gateway('g1');
  },
  pipeline: async () => void (await catalog.put('m', { config: pipelineConfig })),
};

async function refusingLoads(work: () => Promise<unknown>): Promise<void> {
  world.triton.refusesLoads = true;
  // A version that served before is loaded again when the new one is taken back.
  let loads = 0;
  world.triton.beforeChange = (rpc) => {
    if (rpc === 'load' && ++loads > 1) world.triton.refusesLoads = false;
  };
  await work();
}

const events: Record<string, () => Promise<unknown>> = {
  'an upload': () => catalog.put('m', world.network('new')),
  'an upload that Triton refuses': () => refusingLoads(() => catalog.put('m', world.network('new'))),
  'an upload with a wrong config': () => catalog.put('m', { ...world.network('new'), config: '{"version": "3"}' }),
  'an upload of a pipeline': () => catalog.put('m', { config: pipelineConfig }),
  'a new config': () => catalog.patch('m', networkConfig('new')),
  'a new config that Triton refuses': () => refusingLoads(() => catalog.patch('m', networkConfig('new'))),
  'back to version 1': () => catalog.rollBack('m', 1),
  'back to version 1, which Triton refuses': () => refusingLoads(() => catalog.rollBack('m', 1)),
  'back to a version there is not': () => catalog.rollBack('m', 9),
  'its removal': () => catalog.remove('m'),
  'Triton starts again': () => {
    world.triton.restart();
    return catalog.reconciler.settleAll();
  },
  'the gateway starts again': async () => (catalog = await world.gateway('g1')),
};

type Outcome = [answer: string, state: string | undefined, served: string | undefined, kept: number[]];

const gone: Outcome = ['done', undefined, undefined, []];
const none = (answer: string): Outcome => [answer, undefined, undefined, []];
const second = (answer = 'done'): Outcome => [answer, 'ready', '2', [1, 2]];
const third: Outcome = ['done', 'ready', '3', [2, 3]];
const first: Outcome = ['done', 'ready', '1', [1, 2]];

/** What comes of each event in each state: the answer, the model's state, the version that Triton serves, the versions to go back to. */
const table: Record<string, Record<string, Outcome>> = {
  absent: {
    'an upload': ['done', 'ready', '1', [1]],
    'an upload that Triton refuses': none('MODEL_LOAD_FAILED'),
    'an upload with a wrong config': none('BAD_CONFIG'),
    'an upload of a pipeline': ['done', 'ready', undefined, [1]],
    'a new config': none('MODEL_NOT_FOUND'),
    'a new config that Triton refuses': none('MODEL_NOT_FOUND'),
    'back to version 1': none('MODEL_NOT_FOUND'),
    'back to version 1, which Triton refuses': none('MODEL_NOT_FOUND'),
    'back to a version there is not': none('MODEL_NOT_FOUND'),
    'its removal': none('MODEL_NOT_FOUND'),
    'Triton starts again': gone,
    'the gateway starts again': gone,
  },
  ready: {
    'an upload': third,
    'an upload that Triton refuses': second('MODEL_LOAD_FAILED'),
    'an upload with a wrong config': second('BAD_CONFIG'),
    'an upload of a pipeline': ['done', 'ready', undefined, [2, 3]],
    'a new config': third,
    'a new config that Triton refuses': second('MODEL_LOAD_FAILED'),
    'back to version 1': first,
    'back to version 1, which Triton refuses': second('MODEL_LOAD_FAILED'),
    'back to a version there is not': second('VERSION_NOT_FOUND'),
    'its removal': gone,
    'Triton starts again': second(),
    'the gateway starts again': second(),
  },
  'cannot be loaded': {
    'an upload': third,
    'an upload that Triton refuses': second('MODEL_LOAD_FAILED'),
    'an upload with a wrong config': ['BAD_CONFIG', 'failed', undefined, [1, 2]],
    'an upload of a pipeline': ['done', 'ready', undefined, [2, 3]],
    'a new config': third,
    'a new config that Triton refuses': second('MODEL_LOAD_FAILED'),
    'back to version 1': first,
    'back to version 1, which Triton refuses': second('MODEL_LOAD_FAILED'),
    'back to a version there is not': ['VERSION_NOT_FOUND', 'failed', undefined, [1, 2]],
    'its removal': gone,
    'Triton starts again': second(),
    'the gateway starts again': second(),
  },
  // What Triton serves under the name is left alone until something takes its place.
  'its version is damaged': {
    'an upload': ['done', 'ready', '3', [3]],
    'an upload that Triton refuses': ['MODEL_LOAD_FAILED', 'failed', undefined, [1]],
    'an upload with a wrong config': ['BAD_CONFIG', 'failed', '2', [1]],
    'an upload of a pipeline': ['done', 'ready', undefined, [3]],
    'a new config': ['BAD_MODEL_FILE', 'failed', '2', [1]],
    'a new config that Triton refuses': ['BAD_MODEL_FILE', 'failed', '2', [1]],
    'back to version 1': ['done', 'ready', '1', [1]],
    'back to version 1, which Triton refuses': ['MODEL_LOAD_FAILED', 'failed', undefined, [1]],
    'back to a version there is not': ['VERSION_NOT_FOUND', 'failed', '2', [1]],
    'its removal': gone,
    'Triton starts again': ['done', 'failed', undefined, [1]],
    'the gateway starts again': ['done', 'failed', '2', [1]],
  },
  'its record is damaged': {
    'an upload': third,
    'an upload that Triton refuses': ['MODEL_LOAD_FAILED', 'failed', undefined, [1, 2]],
    'an upload with a wrong config': ['BAD_CONFIG', 'failed', '2', [1, 2]],
    'an upload of a pipeline': ['done', 'ready', undefined, [2, 3]],
    'a new config': ['BAD_MODEL_FILE', 'failed', '2', [1, 2]],
    'a new config that Triton refuses': ['BAD_MODEL_FILE', 'failed', '2', [1, 2]],
    'back to version 1': first,
    'back to version 1, which Triton refuses': ['MODEL_LOAD_FAILED', 'failed', undefined, [1, 2]],
    'back to a version there is not': ['VERSION_NOT_FOUND', 'failed', '2', [1, 2]],
    'its removal': gone,
    'Triton starts again': ['done', 'failed', undefined, [1, 2]],
    'the gateway starts again': ['done', 'failed', '2', [1, 2]],
  },
  pipeline: {
    'an upload': ['done', 'ready', '2', [1, 2]],
    'an upload that Triton refuses': ['MODEL_LOAD_FAILED', 'ready', undefined, [1]],
    'an upload with a wrong config': ['BAD_CONFIG', 'ready', undefined, [1]],
    'an upload of a pipeline': ['done', 'ready', undefined, [1, 2]],
    'a new config': ['BAD_CONFIG', 'ready', undefined, [1]],
    'a new config that Triton refuses': ['BAD_CONFIG', 'ready', undefined, [1]],
    'back to version 1': ['done', 'ready', undefined, [1]],
    'back to version 1, which Triton refuses': ['done', 'ready', undefined, [1]],
    'back to a version there is not': ['VERSION_NOT_FOUND', 'ready', undefined, [1]],
    'its removal': gone,
    'Triton starts again': ['done', 'ready', undefined, [1]],
    'the gateway starts again': ['done', 'ready', undefined, [1]],
  },
};

const cases = Object.entries(table).flatMap(([state, row]) =>
  Object.entries(row).map(([event, outcome]) => [state, event, outcome] as const),
);

test('the table has every event in every state', () => {
  expect(Object.keys(table)).toEqual(Object.keys(states));
  for (const row of Object.values(table)) expect(Object.keys(row)).toEqual(Object.keys(events));
});

test.each(cases)('%s: %s', async (state, event, expected) => {
  await states[state]();
  const answer = await events[event]().then(
    () => 'done',
    (error: GatewayError) => error.code,
  );
  const model = catalog.find('m');
  const kept = model ? (await catalog.versions('m')).map(({ version }) => version) : [];
  expect([answer, model?.state, world.triton.served.get('m'), kept]).toEqual(expected);
  if (model?.state === 'failed') expect(model.reason).not.toBe('');
  expect(world.unfinished).toEqual([]);
});
