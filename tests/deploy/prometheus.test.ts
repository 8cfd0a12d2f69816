import path from 'node:path';
import { describeWith, readYaml, root, run } from './programs';
import { readFileSync } from 'node:fs';

const folder = path.join(root, 'deploy/prometheus');

describeWith('deploy/prometheus', ['promtool'], () => {
  test.each([
    ['check', 'config', 'prometheus.yml'],
    ['check', 'rules', 'rules.yml'],
    ['test', 'rules', 'rules.test.yml'],
  ])('promtool %s %s %s', (verb, what, file) => {
    expect(run('promtool', [verb, what, path.join(folder, file)])).toMatch(/SUCCESS/);
  });

  test('every alert has a severity and two sentences, and a test', () => {
    const [{ groups }] = readYaml(readFileSync(path.join(folder, 'rules.yml'), 'utf8'));
    const tested = readFileSync(path.join(folder, 'rules.test.yml'), 'utf8');
    for (const { alert, labels, annotations } of groups.flatMap(({ rules }: { rules: unknown[] }) => rules)) {
      expect([alert, labels.severity]).toEqual([alert, expect.stringMatching(/^(page|ticket)$/)]);
      for (const text of [annotations.summary, annotations.description]) expect(text).toMatch(/\.$/);
      expect(tested).toContain(`alertname: ${alert}\n`);
    }
  });
});
