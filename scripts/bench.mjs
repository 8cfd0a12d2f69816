// npm run bench [-- name …]: the benchmarks of bench/, all or the named ones.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { exitWith, root, runOrFail, setUp, SetupError } from './setup.mjs';

try {
  const all = readdirSync(join(root, 'bench')).flatMap((file) => /^(.+)\.bench\.mjs$/.exec(file)?.[1] ?? []);
  const wanted = process.argv.slice(2);
  const unknown = wanted.filter((name) => !all.includes(name));
  if (unknown.length) throw new SetupError(`there is no benchmark ${unknown.join(', ')}; there are: ${all.join(', ')}`);
  setUp();
  for (const name of wanted.length ? wanted : all) {
    console.log(`\n== ${name}`);
    runOrFail(process.execPath, [join('bench', `${name}.bench.mjs`)]);
  }
} catch (error) {
  exitWith(error);
}
