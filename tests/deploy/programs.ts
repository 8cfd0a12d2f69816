import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describeThatNeeds } from '../needs';

export const root = path.join(__dirname, '../..');

/** Where a program is on the PATH of this machine. */
export function programNamed(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin'];
  return folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file));
}

/** `describe` for what needs programs; without them one skipped test names what is missing. */
export function describeWith(title: string, programs: readonly string[], tests: () => void): void {
  const missing = programs.filter((name) => !programNamed(name));
  describeThatNeeds(missing.join(', '), missing.length === 0)(title, tests);
}

/** What a program prints. @throws with its complaint when it fails */
export function run(program: string, args: string[], env: NodeJS.ProcessEnv = {}): string {
  return execFileSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    stdio: 'pipe',
  });
}

/** YAML by the library of Debian's docker-compose: this project reads none itself. */
// oxlint-disable-next-line typescript/no-explicit-any
export function readYaml(text: string): any[] {
  const program = 'import json, sys, yaml; json.dump(list(yaml.safe_load_all(sys.stdin)), sys.stdout)';
  const { status, stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', program], {
    input: text,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}
