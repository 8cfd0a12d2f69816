import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { infer, openSession, putModel, sampleConfig, sampleModel } from './client';
import { startRealTriton, type RealTriton } from './real-triton';
import { startGateway, type RunningGateway } from './running-gateway';
import { smallImage } from './small-image';

const guide = readFileSync(path.join(__dirname, '../../docs/guides/own-transforms.md'), 'utf8');
const example = /```js\n([\s\S]*?)```/.exec(guide)![1];

let triton: RealTriton;
let gateway: RunningGateway;
let workspace: string;
let image: Buffer;
const lib = (name: string) => path.join(workspace, 'lib', name);

beforeAll(async () => {
  workspace = mkdtempSync(path.join(tmpdir(), 'own-'));
  mkdirSync(lib(''));
  writeFileSync(lib('cleaning.mjs'), example);
  writeFileSync(
    lib('legacy.js'),
    'exports.Only = class { constructor({ label }) { this.label = label; } async apply(s) { const v = s.volume("model"); s.volumes.set("model", { ...v, data: v.data.map((x) => (x === this.label ? x : 0)) }); s.result.kept = this.label; } };',
  );
  writeFileSync(lib('broken.mjs'), 'export class {');
  writeFileSync(path.join(workspace, 'outside.mjs'), 'export class X { apply() {} }');
  symlinkSync(path.join(workspace, 'outside.mjs'), lib('linked.mjs'));
  triton = await startRealTriton();
  gateway = await startGateway({ tritonUrl: triton.grpcUrl, repository: triton.repository, workspace });
  image = await smallImage(8, 90);
});

afterAll(async () => {
  await gateway?.stop();
  await triton?.stop();
  rmSync(workspace, { recursive: true, force: true });
});

/** The sample's config with one more step at the end. */
function configWith(step: object): Record<string, unknown> {
  const config = sampleConfig();
  return { ...config, post_transforms: [...config.post_transforms, step] };
}

async function labelsOf(model: string): Promise<{ counts: Record<string, number>; json: Record<string, unknown> }> {
  const { status, image: mask, json } = await infer(gateway.url, model, image);
  expect({ status, message: json?.error?.message }).toEqual({ status: 200, message: undefined });
  const counts: Record<string, number> = {};
  for (const label of gunzipSync(mask!).subarray(352)) counts[label] = (counts[label] ?? 0) + 1;
  return { counts, json };
}

test('the guide’s example, a CommonJS class, and a file that changes', async () => {
  expect((await putModel(gateway.url, 'plain', sampleConfig(), sampleModel())).status).toBe(200);
  const { counts } = await labelsOf('plain');
  const sizes = Object.entries(counts).filter(([label]) => label !== '0');
  const smallest = Math.min(...sizes.map(([, size]) => size));
  expect(sizes.length).toBeGreaterThan(1);

  const cleaning = configWith({ name: 'cleaning.RemoveSmall', args: { keys: 'model', voxels: smallest + 1 } });
  expect((await putModel(gateway.url, 'cleaned', cleaning, sampleModel())).status).toBe(200);
  const kept = Object.fromEntries(sizes.filter(([, size]) => size > smallest));
  expect((await labelsOf('cleaned')).counts).toMatchObject(kept);
  expect(Object.keys((await labelsOf('cleaned')).counts)).toEqual(['0', ...Object.keys(kept)]);

  const [[first]] = sizes;
  const only = configWith({ path: 'legacy.Only', args: { label: Number(first) } });
  expect((await putModel(gateway.url, 'only', only, sampleModel())).status).toBe(200);
  const answer = await labelsOf('only');
  expect(Object.keys(answer.counts)).toEqual(['0', first]);
  expect(answer.json.kept).toBe(Number(first));

  writeFileSync(lib('legacy.js'), 'exports.Only = class { apply(s) { s.result.kept = "nothing"; } };');
  expect((await labelsOf('only')).json.kept).toBe('nothing');

  rmSync(lib('legacy.js'));
  const { status, json } = await infer(gateway.url, 'only', image);
  expect(status).toBe(500);
  expect(json.error.message[0]).toContain('legacy.Only failed: this gateway does not know the transform; was its file taken out');
}); // prettier-ignore

test('a click on a session sees a file that changed since the image was prepared, though nothing was told to the gateway', async () => {
  const shift = (by: number) =>
    `export class By { static readsParams = false; apply(s) { const v = s.volume('image'); s.volumes.set('image', { ...v, data: v.data.map((x) => x + ${by}) }); s.result.by = ${by}; } }`;
  writeFileSync(lib('shift.mjs'), shift(0));
  const config = sampleConfig();
  const pre = [...config.pre_transforms, { name: 'shift.By', args: {} }];
  expect((await putModel(gateway.url, 'shifted', { ...config, pre_transforms: pre }, sampleModel())).status).toBe(200);
  const session = await openSession(gateway.url, image);
  const click = async () => {
    const answer = await infer(gateway.url, 'shifted', undefined, { query: `session_id=${session}` });
    expect({ status: answer.status, message: answer.json?.error?.message }).toEqual({
      status: 200,
      message: undefined,
    });
    return [answer.json.by, /\bcache;dur/.test(answer.headers.get('server-timing')!)];
  };
  expect([await click(), await click()]).toEqual([[0, false], [0, true]]); // prettier-ignore
  writeFileSync(lib('shift.mjs'), shift(1000));
  expect([await click(), await click()]).toEqual([[1000, false], [1000, true]]); // prettier-ignore
}, 120_000);

test.each<[string, object, RegExp]>([
  ['cleaning.RemoveSmall', { keys: 3 }, /args.*RemoveSmall.*keys must be the name of a field/],
  ['cleaning.RemoveLarge', {}, /lib\/cleaning\.mjs exports no class RemoveLarge with a method apply; it has RemoveSmall/],
  ['broken.X', {}, /lib\/broken\.mjs cannot be loaded: Unexpected token/],
  ['linked.X', {}, /lib\/linked\.mjs cannot be loaded: it is not a file of this folder/],
  ['../outside.X', {}, /not known.*named module\.Class/],
  ['/etc/passwd.X', {}, /not known.*named module\.Class/],
  ['TresholdArgmax.TresholdArgmax', {}, /no lib\/TresholdArgmax\.mjs in the workspace\. Python classes cannot run here.*own-transforms\.md/],
  ['my.lib.Spacingd', {}, /Python classes cannot run here; a transform of your own is JavaScript and is named module\.Class/],
])('%s %j is refused with the reason', async (name, args, reason) => {
  const { status, json } = await putModel(gateway.url, 'bad', configWith({ name, args }), sampleModel());
  expect(status).toBe(400);
  expect(json.error.message[0]).toMatch(reason);
}); // prettier-ignore
