import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { HistoryDatabase } from '../../../gateway/telemetry/history/database';
import type { RequestRecord } from '../../../gateway/telemetry/request-record';

test('a file of the version that kept what clients sent goes on without it', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'older-'));
  const file = path.join(folder, 'telemetry.db');
  const open = () => new HistoryDatabase(file, { days: 30, rows: 1000 });
  const names = () => readdirSync(folder).filter((name) => readFileSync(path.join(folder, name)).includes('DOE_JOHN'));
  const row = { time: Date.now(), endpoint: '/', method: 'PUT', model: null, status: 400, code: 'EMPTY_IMAGE', message: 'The image "DOE_JOHN.nii"', client: '', agent: '', ms: 1, bytes_in: 1, bytes_out: 1, request: '', session: false, cache_hit: null, stages: [] }; // prettier-ignore
  try {
    const older = open();
    older.add([row as unknown as RequestRecord]);
    older.db.pragma('user_version = 1');
    older.close();
    expect(names()).not.toEqual([]);
    const newer = open();
    expect(newer.db.prepare('SELECT code, message FROM requests').all()).toMatchObject([
      { code: 'EMPTY_IMAGE', message: 'EMPTY_IMAGE' },
    ]);
    expect(names()).toEqual([]);
    newer.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
