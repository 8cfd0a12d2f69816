import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { planVersion } from '../../../gateway/packages/formats/tensorrt-plan';

const folder = mkdtempSync(path.join(tmpdir(), 'plan-'));
afterAll(() => rmSync(folder, { recursive: true }));

const head = (tag: string, serialization: number, version: number[]) =>
  Buffer.concat([Buffer.from(tag), Buffer.from([serialization, 0, 0, 0]), Buffer.alloc(16), Buffer.from(version), Buffer.alloc(100)]); // prettier-ignore

test.each([
  ['as trtexec reads it', head('ftrt', 0, [10, 3, 0, 26]), '10.3.0.26'],
  ['another serialization', head('ftrt', 1, [10, 3, 0, 26]), undefined],
  ['the tag of old plans', head('ptrt', 0, [7, 2, 3, 4]), undefined],
  ['no version there', head('ftrt', 0, [0, 0, 0, 0]), undefined],
  ['cut', head('ftrt', 0, [10, 3, 0, 26]).subarray(0, 20), undefined],
])('the version of a plan: %s', async (_, content, version) => {
  const file = path.join(folder, 'model.plan');
  writeFileSync(file, content);
  expect(await planVersion(file)).toBe(version);
});
