import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pruneLogs, pruneLogsOfOthers } from '../../gateway/telemetry/log-files';
import { createLogger } from '../../gateway/telemetry/logger';
import { until } from '../until';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'logs-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, ageDays: number): void {
  writeFileSync(join(folder, name), 'x');
  const time = Date.now() / 1000 - ageDays * 86_400;
  utimesSync(join(folder, name), time, time);
}

test('older files go when their last line is too old; the one that is written, and those of others, stay', async () => {
  const days = { 'gateway.log': 40, 'gateway1.log': 29, 'gateway2.log': 31, 'gateway10.log': 90, 'triton.log': 90 };
  for (const [name, age] of Object.entries(days)) write(name, age);
  expect((await pruneLogs(folder, 30)).sort()).toEqual(['gateway10.log', 'gateway2.log']);
  expect(readdirSync(folder).sort()).toEqual(['gateway.log', 'gateway1.log', 'triton.log']);
  expect(await pruneLogs(join(folder, 'missing'), 30)).toEqual([]);
});

test('of other gateways that log beside this one the last file goes too, and then their folder', async () => {
  const days = { 'a-5000/gateway.log': 31, 'b-5000/gateway.log': 40, 'b-5000/gateway1.log': 41, 'c-5000/gateway.log': 1, 'c-5000/gateway1.log': 31 }; // prettier-ignore
  for (const name of ['a-5000', 'b-5000', 'c-5000']) mkdirSync(join(folder, name));
  for (const [name, age] of Object.entries(days)) write(name, age);
  await pruneLogsOfOthers(folder, 'a-5000', 30);
  expect(readdirSync(folder, { recursive: true }).sort()).toEqual(['a-5000', 'a-5000/gateway.log', 'c-5000', 'c-5000/gateway.log']); // prettier-ignore
});

/** What a file holds; nothing while it is being put away. */
function read(name: string): string {
  try {
    return readFileSync(join(folder, name), 'utf8');
  } catch {
    return '';
  }
}

test('a file that is full is put away, and only so many are kept', async () => {
  const logger = createLogger({ directory: folder, level: 'info', terminal: false, fileBytes: 1000, files: 3 });
  for (let n = 0; n < 50; n++) {
    // One after the other: lines that come at once share a file.
    logger.info(`line ${n} ${'x'.repeat(200)}`);
    // In the second when it was the one that filled the first.
    await until(() => ['gateway.log', 'gateway1.log'].some((name) => read(name).includes(`line ${n} `)));
  }
  await new Promise((resolve) => logger.once('finish', resolve).end());
  expect(readdirSync(folder).sort()).toEqual(['gateway.log', 'gateway1.log', 'gateway2.log']);
});
