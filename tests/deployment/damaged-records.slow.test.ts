import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Catalog } from '../../gateway/deployment/catalog';
import { statusOf } from '../../gateway/deployment/model';
import { tellOfDamage } from '../../gateway/workspace/set-aside';
import { damages } from '../damages';
import { testThatNeeds } from '../needs';
import { Deployment } from './deployment';

let world: Deployment;
let reset: () => Promise<void>;

/** Models `m` and `n`, each with two versions of which the second one serves. */
beforeEach(async () => {
  world = await Deployment.start();
  const catalog = await world.gateway('g1');
  for (const name of ['m', 'n'])
    for (const text of ['first', 'second']) await catalog.put(name, world.network(`${text} ${name}`));
  reset = world.snapshot();
});
afterEach(() => world.stop());

const at = (...names: string[]) => join(world.root, 'models/m', ...names);
/** Files below the folder of the model with their sizes. */
const filesOf = (folder = at()) =>
  (readdirSync(folder, { recursive: true }) as string[]).map((name) => {
    const about = statSync(join(folder, name));
    return `${name} ${about.isFile() ? about.size : 'folder'}`;
  });

const write = (text: string) => (file: string) => writeFileSync(file, text);
const edit = (key: string, value: unknown) => (file: string) =>
  writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as object), [key]: value }));

const records: [record: string, file: string[], more: Record<string, (file: string) => void>][] = [
  [
    'current.json',
    ['current.json'],
    {
      'is missing': (file) => rmSync(file),
      'names a version that is not there': write('{"version":9,"kept":[9]}'),
      'has a version that is not a number of one': write('{"version":-1}'),
    },
  ],
  [
    'package.json',
    ['2', 'package.json'],
    {
      'is missing': (file) => rmSync(file),
      'names a file that is not there': edit('file', 'gone.onnx'),
    },
  ],
  ['the model file', ['2', 'model.onnx'], { 'is missing': (file) => rmSync(file) }],
  [
    'the folder of the version',
    ['2'],
    {
      'is missing': (file) => rmSync(file, { recursive: true }),
      'is a file': (file) => {
        rmSync(file, { recursive: true });
        writeFileSync(file, '');
      },
    },
  ],
  ['config_aiaa.json', ['2', 'config_aiaa.json'], { 'is missing': (file) => rmSync(file) }],
];

const cells = records.flatMap(([record, file, more]) => {
  const known = record.endsWith('.json') ? damages : {};
  // A config is free JSON: what it says is judged by its reader.
  const structural = /empty|half|zeros|folder/;
  const all = Object.entries({ ...known, ...more });
  const used = record === 'config_aiaa.json' ? all.filter(([how]) => structural.test(how) || how in more) : all;
  return used.map(([how, damage]): [string, string, string[], (file: string) => void] => [record, how, file, damage]);
});

type Mend = [
  name: string,
  mend: (catalog: Catalog) => Promise<unknown>,
  serves: (version: number | undefined) => boolean,
];

/** How an operator mends a model, and the version that serves then. */
const mends: Mend[] = [
  [
    'PUT replaces it',
    (catalog) => catalog.put('m', world.network('third')),
    (version) => version !== undefined && version > 2,
  ],
  ['PATCH goes back', (catalog) => catalog.rollBack('m', 1), (version) => version === 1],
  ['DELETE removes it', (catalog) => catalog.remove('m'), (version) => version === undefined],
];

async function expectDamaged(catalog: Catalog, before: readonly string[]): Promise<void> {
  const model = catalog.find('m')!;
  const { state, reason } = statusOf(model);
  expect([state, reason]).toEqual([
    'damaged',
    expect.stringMatching(/disk.*(?:upload (?:the model|it) again|delete it)/),
  ]);
  expect(reason).not.toContain(world.root);
  expect(world.errors.join('\n')).toContain(JSON.stringify(reason).slice(1, -1));
  expect(filesOf()).toEqual(before);
  // Nobody else is harmed.
  expect(statusOf(catalog.find('n')!)).toEqual({ state: 'ready', reason: '' });
  expect(world.triton.served.get('n')).toBe('2');
}

// Each cell with one way to mend it, and the first damage of each record with all of them.
const mended = cells.flatMap(([record, how, file, damage], at) => {
  const isFirst = cells.findIndex((cell) => cell[0] === record) === at;
  const used = isFirst ? mends : [mends[at % mends.length]];
  return used.map(([mendedBy, mend, serves]) => ({ record, how: `${how}, ${mendedBy}`, file, damage, mend, serves }));
});

/** Tries all cells of a record; one that fails is named. */
async function tryAll(record: string, tryOne: (cell: (typeof mended)[0]) => Promise<void>): Promise<void> {
  for (const cell of mended.filter((one) => one.record === record)) {
    await reset();
    await tryOne(cell).catch((error: Error) => {
      error.message = `${record} ${cell.how}: ${error.message}`;
      throw error;
    });
  }
}

const names = records.map(([record]) => record);

test.each(names)('%s is damaged at start: nothing is deleted, list and doctor name it, the API mends it', (record) =>
  tryAll(record, async ({ damage, file, mend, serves }) => {
    world.errors.splice(0);
    damage(at(...file));
    const before = filesOf();
    const catalog = await world.gateway('g2');
    await expectDamaged(catalog, before);
    await catalog.reconciler.look();
    await catalog.reconciler.settleAll();
    await expectDamaged(catalog, before);
    const message = expect.stringContaining(catalog.find('m')!.damage!) as string;
    await expect(catalog.examine('m')).rejects.toMatchObject({ code: 'MODEL_NOT_READY', message });
    await mend(catalog);
    await expectMended(catalog, serves);
    await expectMended(await world.gateway('g3'), serves);
  }),
);

test.each(names)('%s is damaged while it runs: it serves on, list and doctor name it, the API mends it', (record) =>
  tryAll(record, async ({ damage, file, mend, serves }) => {
    const catalog = await world.gateway('g2');
    world.errors.splice(0);
    damage(at(...file));
    const before = filesOf();
    await catalog.reconciler.lookAt('m');
    await expectDamaged(catalog, before);
    expect(catalog.getReady('m').version).toBe(2);
    expect(world.triton.served.get('m')).toBe('2');
    expect((await catalog.examine('m')).damage).toBeDefined();
    await mend(catalog);
    await expectMended(catalog, serves);
  }),
);

async function expectMended(catalog: Catalog, serves: Mend[2]): Promise<void> {
  await catalog.reconciler.lookAt('m');
  const model = catalog.find('m');
  const version = model?.stored.version;
  expect(serves(version)).toBe(true);
  if (model) expect(statusOf(model)).toEqual({ state: 'ready', reason: '' });
  expect(world.triton.served.get('m')).toBe(version && String(version));
  expect(existsSync(at())).toBe(version !== undefined);
}

test('a record that is restored is seen, and the model is whole again', async () => {
  const kept = readFileSync(at('current.json'));
  damages['is empty'](at('current.json'));
  const catalog = await world.gateway('g2');
  expect(statusOf(catalog.find('m')!).state).toBe('damaged');
  writeFileSync(at('current.json'), kept);
  await catalog.reconciler.lookAt('m');
  expect(statusOf(catalog.find('m')!)).toEqual({ state: 'ready', reason: '' });
});

test('a record that a replacement sets aside is named in the log with its new name', async () => {
  const catalog = await world.gateway('g2');
  const told: unknown[] = [];
  tellOfDamage((...line) => told.push(line));
  damages['is zeros'](at('current.json'));
  await catalog.put('m', world.network('third'));
  const facts = { file: 'm/current.json', kept: 'm/current.json.damaged-1' };
  expect(told).toEqual([['a file cannot be read; it was set aside', facts]]);
  expect(statSync(at('current.json.damaged-1')).size).toBe(512);
});

test.each([['backup'], ['lost+found'], ['notes'], ['01']])('"%s" beside the records of a model stays', async (name) => {
  mkdirSync(at(name, 'inside'), { recursive: true });
  mkdirSync(join(world.root, 'models', name, 'inside'), { recursive: true });
  const catalog = await world.gateway('g2');
  expect(catalog.list().map((model) => [model.name, model.state])).toEqual([['m', 'ready'], ['n', 'ready']]); // prettier-ignore
  await catalog.put('m', world.network('third'));
  await catalog.reconciler.look();
  await world.gateway('g3');
  expect(existsSync(at(name, 'inside'))).toBe(true);
  expect(existsSync(join(world.root, 'models', name, 'inside'))).toBe(true);
});

test('a folder of somebody else stays where a model of its name comes and goes', async () => {
  mkdirSync(join(world.root, 'models/k/theirs'), { recursive: true });
  const catalog = await world.gateway('g2');
  world.triton.refusesLoads = true;
  await expect(catalog.put('k', world.network('k'))).rejects.toThrow();
  world.triton.refusesLoads = false;
  expect(existsSync(join(world.root, 'models/k/theirs'))).toBe(true);
  await world.gateway('g3');
  expect(readdirSync(join(world.root, 'models/k'))).toEqual(['theirs']);
});

testThatNeeds('root, to work as another user', process.getuid?.() === 0)(
  'files without the right to read them harm their model only',
  async () => {
    chmodSync(world.root, 0o755);
    chmodSync(at('current.json'), 0);
    chmodSync(join(world.root, 'models/n/2/package.json'), 0);
    try {
      process.seteuid!(65534);
      const store = world.store('g2');
      const reasons = await Promise.all(['m', 'n'].map(async (name) => (await store.wanted(name))?.damage));
      expect(reasons).toEqual([
        expect.stringContaining("current.json on this server's disk cannot be read (the server has no right"),
        expect.stringContaining("version 2 on this server's disk cannot be read (the server has no right"),
      ]);
      expect((await store.versions('m')).map(({ version }) => version)).toEqual([1, 2]);
    } finally {
      process.seteuid!(0);
    }
  },
);
