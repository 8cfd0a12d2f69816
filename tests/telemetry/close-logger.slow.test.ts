import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { closeLogger, createLogger } from '../../gateway/telemetry/logger';

test('a log that ends while thousands of lines wait has them all, and a line that comes later does no harm', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'close-logger-'));
  const logger = createLogger({ directory, level: 'info', terminal: false });
  const lines = 100_000;
  for (let line = 0; line < lines; line++) logger.info('a line', { line });
  await closeLogger(logger);
  logger.info('late');
  const written = readdirSync(directory).flatMap((file) =>
    readFileSync(path.join(directory, file), 'utf8').split('\n').filter(Boolean),
  );
  expect(written.length).toBe(lines);
  rmSync(directory, { recursive: true });
});
