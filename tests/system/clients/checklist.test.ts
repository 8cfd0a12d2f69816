import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Rows of the conformance checklist (`aiaa-api.md` §15). A test that shows one has the row's number in its title. */
const ROWS = 22;

test('every row of the checklist is in the title of a test', () => {
  const folder = path.join(__dirname, '..');
  const titles = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => readFileSync(path.join(folder, name), 'utf8'))
    .join('\n');
  const shown = new Set<number>();
  for (const [, list] of titles.matchAll(/§15 rows? ([\d, and]+)\)/g))
    for (const [row] of list.matchAll(/\d+/g)) shown.add(Number(row));
  expect([...shown].sort((a, b) => a - b)).toEqual(Array.from({ length: ROWS }, (_, at) => at + 1));
});
