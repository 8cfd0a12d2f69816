import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asGatewayError } from '../../gateway/errors';
import { linkOrCopy, makeReadable, moveFile } from '../../gateway/workspace/durable-files';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'durable-'));
  mkdirSync(join(folder, 'from/variables'), { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, 'from/saved_model.pb'), 'graph', { mode: 0o600 });
  writeFileSync(join(folder, 'from/variables/x'), 'values');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('folders are linked file by file, and moved whole', async () => {
  await linkOrCopy(join(folder, 'from'), join(folder, 'linked'));
  expect(readdirSync(join(folder, 'linked'), { recursive: true }).sort()).toEqual([
    'saved_model.pb',
    'variables',
    'variables/x',
  ]);
  const inode = (path: string) => statSync(join(folder, path)).ino;
  expect(inode('linked/variables/x')).toBe(inode('from/variables/x'));
  await moveFile(join(folder, 'from'), join(folder, 'to'));
  expect(readFileSync(join(folder, 'to/variables/x'), 'utf8')).toBe('values');
  expect(readdirSync(folder).sort()).toEqual(['linked', 'to']);
});

test('Triton may read them as another user of a group', async () => {
  await makeReadable(join(folder, 'from'), process.getgid!());
  const mode = (path: string) => statSync(join(folder, path)).mode & 0o777;
  expect([mode('from'), mode('from/variables'), mode('from/saved_model.pb')]).toEqual([0o750, 0o750, 0o640]);
});

test('a full disk is 507, wherever it is met', () => {
  const error = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  expect(asGatewayError(error)).toMatchObject({ code: 'DISK_FULL', status: 507 });
});
