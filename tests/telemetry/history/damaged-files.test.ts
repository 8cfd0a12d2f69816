import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { HistoryFile } from '../../../gateway/telemetry/history/history-file';
import type { RequestRecord } from '../../../gateway/telemetry/request-record';
import { damages } from '../../damages';

let folder: string;
let told: string[][];
let history: HistoryFile;

const row = { time: Date.now(), endpoint: '/', method: 'GET', model: null, status: 200, code: null, message: null, client: '', agent: '', ms: 1, bytes_in: 1, bytes_out: 1, request: '', session: false, cache_hit: null, stages: [] } as unknown as RequestRecord; // prettier-ignore
const file = () => join(folder, 'telemetry.db');
const open = () => new HistoryFile(file(), { days: 30, rows: 1000 }, (...what) => told.push(what));
const add = () => history.use((database) => database.add([row]));
const count = () => history.use(({ db }) => (db.prepare('SELECT COUNT(*) n FROM requests').get([]) as { n: number }).n);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'history-'));
  told = [];
  history = open();
  for (let n = 0; n < 20; n++) add();
});
afterEach(() => {
  history.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Damages that can be made of a file that is not JSON. */
const ofFiles = Object.entries(damages).filter(([how]) => !how.startsWith('has fields'));

/** As after a restart: elsewhere, since SQLite's locks are those of the process; and without the log of changes, from which it would mend the file. */
function restart(): void {
  history.use(({ db }) => db.pragma('wal_checkpoint(TRUNCATE)'));
  history.close();
  const before = file();
  folder = mkdtempSync(join(tmpdir(), 'history-'));
  copyFileSync(before, file());
  rmSync(dirname(before), { recursive: true });
}

test.each(ofFiles)('at start, a file that %s: rows are kept again, and nothing of it is deleted', (how, damage) => {
  restart();
  damage(file());
  const before = how === 'is a folder' ? undefined : readFileSync(file());
  history = open();
  // Somebody else's folder is not moved: its operator is told, without the path.
  if (how === 'is a folder') return expect(add).toThrow(/^its file cannot be opened .*14/);
  add();
  expect(count()).toBeGreaterThan(0);
  // SQLite takes an empty file for a new one.
  if (how === 'is empty') return expect(told).toEqual([]);
  expect(told).toEqual([[`${file()}.damaged`, expect.stringMatching(/./)]]);
  expect(readFileSync(`${file()}.damaged`).equals(before!)).toBe(true);
});

test.each(ofFiles)(
  'while it runs, a file that %s ends nothing: rows are kept or lost, and no path is told',
  (_, damage) => {
    damage(file());
    try {
      for (let n = 0; n < 3; n++) add();
    } catch (error) {
      expect((error as Error).message).not.toContain(folder);
    }
    for (const [, what] of told) expect(what).not.toContain(folder);
  },
);

test('a second damaged file does not take the place of the first one', () => {
  for (const number of [1, 2]) {
    restart();
    if (number === 2) writeFileSync(`${file()}.damaged`, 'the first one');
    damages['is zeros'](file());
    history = open();
    add();
  }
  expect(told.at(-1)![0]).toBe(`${file()}.damaged-2`);
  expect(readFileSync(`${file()}.damaged`, 'utf8')).toBe('the first one');
});
