import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { root } from '../../scripts/setup.mjs';

const load = createRequire(import.meta.url);
const folder = join(root, 'dist', 'imaging', 'ops');
const compiled = readdirSync(folder, { recursive: true }).filter((file) => file.endsWith('.js'));

/** The compiled kernel of that file name, in whichever folder of its subject. */
export const kernel = (name) =>
  load(
    join(
      folder,
      compiled.find((file) => basename(file) === `${name}.js`),
    ),
  );

/** A file of the SIMD code that cases call themselves. */
export const vectorModule = (name) => load(join(root, 'dist', 'imaging', 'simd', `${name}.js`));

export const kernelNames = () => compiled.map((file) => basename(file, '.js'));
