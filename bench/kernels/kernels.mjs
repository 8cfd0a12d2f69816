import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from '../../scripts/setup.mjs';

const load = createRequire(import.meta.url);
const folder = join(root, 'dist', 'imaging', 'kernels');

/** The compiled kernel of that file name. */
export const kernel = (name) => load(join(folder, `${name}.js`));

/** A file of the vector code that cases call themselves. */
export const vectorModule = (name) => load(join(root, 'dist', 'imaging', 'vector', `${name}.js`));

export const kernelNames = () => readdirSync(folder).flatMap((file) => /^(.+)\.js$/.exec(file)?.[1] ?? []);
