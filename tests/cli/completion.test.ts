import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { completionScripts } from '../../gateway/cli/completion';
import { verbs } from '../../gateway/cli/verbs';
import { testThatNeeds } from '../needs';

const folder = mkdtempSync(path.join(tmpdir(), 'completion-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const there = (shell: string) => ['/usr/bin', '/bin'].some((bin) => existsSync(path.join(bin, shell)));
const testIn = (shell: string, body: () => void) =>
  testThatNeeds(shell, there(shell))(`${shell} completes verbs, words and flags`, body);
const scriptFor = (shell: keyof typeof completionScripts) => {
  const file = path.join(folder, `completion.${shell}`);
  writeFileSync(file, completionScripts[shell](verbs));
  return file;
};
const run = (shell: string, ...args: string[]) => execFileSync(shell, args, { encoding: 'utf8' }).trim().split(/\s+/);

testIn('bash', () => {
  const file = scriptFor('bash');
  const complete = (...words: string[]) =>
    run(
      'bash',
      '-c',
      `aiaa-gateway() { [ "$1 $2" = 'list --names' ] && echo spleen_ct; }; source ${file}; COMP_WORDS=(aiaa-gateway "$@"); COMP_CWORD=$#; _aiaa_gateway; echo "\${COMPREPLY[@]}"`,
      'bash',
      ...words,
    );
  expect(complete('lo')).toEqual(['load', 'logs']);
  expect(complete('load', 'name', 'mm')).toEqual(['mmar']);
  expect(complete('logs', '--fo')).toEqual(['--follow']);
  expect(complete('delete', 'sp')).toEqual(['spleen_ct']);
  expect(complete('start', '--admin_h')).toEqual(['--admin_hosts']);
});

testIn('fish', () => {
  const file = scriptFor('fish');
  const complete = (line: string) =>
    run('fish', '--no-config', '-c', `source ${file}; complete -C '${line}' | string split -f1 \\t; true`);
  expect(complete('aiaa-gateway lo')).toEqual(['load', 'logs']);
  expect(complete('aiaa-gateway load name mm')).toContain('mmar');
  expect(complete('aiaa-gateway logs --fo')).toEqual(['--follow']);
});

testIn('zsh', () => {
  const file = scriptFor('zsh');
  // Completion itself runs in a line editor only; what it would be given is looked at instead.
  const script = `compdef() { echo registered $2 }; _describe() { echo \${(P)2} }; _arguments() { echo "$@" }; source ${file}; words=(aiaa-gateway "$@"); CURRENT=$(( $# + 1 )); _aiaa_gateway`;
  const complete = (...words: string[]) =>
    execFileSync('zsh', ['-f', '-c', script, 'zsh', ...words], { encoding: 'utf8' });
  expect(complete('lo')).toMatch(/registered aiaa-gateway\n.*load:uploads a model/s);
  expect(complete('load', 'mm')).toContain('*:word:(mmar nnunet zip config pipeline ngc totalsegmentator)');
  expect(complete('logs', '--fo')).toContain('--follow[');
});
