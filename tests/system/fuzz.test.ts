import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

test('2000 damaged requests end no gateway, leave no file open, and are all answered with a cause', async () => {
  const script = path.join(__dirname, '../../scripts/fuzz.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [script, '--seed', '1', '--requests', '2000']);
  expect(stdout).toContain('2000 requests of seed 1');
});
