import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const tests = join(__dirname, '..');
const textOf = (name: string) => readFileSync(join(__dirname, name), 'utf8');
const inFolder = readdirSync(__dirname);
const testText = readdirSync(tests, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(join(tests, name), 'utf8'))
  .join();

/** Programs write the file of their own name, or name it. */
const makersOf = (file: string) =>
  inFolder.filter((name) => name.endsWith('.py') && (name === file.replace('.json', '.py') || textOf(name).includes(`'${file}'`))); // prettier-ignore

test.each(inFolder.filter((name) => name.endsWith('.json')))(
  '%s is small, in the README, made by a program of make.mjs and read by a test',
  (file) => {
    expect(statSync(join(__dirname, file)).size).toBeLessThan(150_000);
    expect(textOf('README.md')).toContain(`\`${file}\``);
    expect(makersOf(file)).toHaveLength(1);
    expect(textOf('make.mjs')).toContain(`'${makersOf(file)[0].replace('.py', '')}'`);
    expect(testText).toContain(`/golden/${file}'`);
  },
);
