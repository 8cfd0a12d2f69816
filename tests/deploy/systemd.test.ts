import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describeWith, root, run } from './programs';

describeWith('deploy/systemd/aiaa-gateway.service', ['systemd-analyze'], () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'systemd-'));
  const unit = path.join(folder, 'aiaa-gateway.service');
  const shipped = readFileSync(path.join(root, 'deploy/systemd/aiaa-gateway.service'), 'utf8');
  // The one program it names is looked for.
  writeFileSync(unit, shipped.replace('/usr/bin/node', process.execPath));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('systemd finds nothing to complain about', () => {
    expect(run('systemd-analyze', ['verify', '--man=no', unit])).toBe('');
  });

  test('its exposure is low by the measure of systemd', () => {
    expect(run('systemd-analyze', ['security', '--offline=true', '--no-pager', '--threshold=20', unit])).toMatch(
      /exposure level.*: [01]\.\d OK/,
    );
  });
});
