import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from '../../scripts/setup.mjs';

const load = createRequire(import.meta.url);
const modulesOf = (folder) => {
  const path = join(root, 'dist', 'imaging', folder);
  const files = readdirSync(path, { recursive: true }).filter((file) => file.endsWith('.js'));
  return files.map((file) => load(join(path, file)));
};

/** The compiled functions of `gateway/imaging/ops` and of the copies in `gateway/imaging/simd`, by name. */
export const kernels = Object.assign({}, ...modulesOf('ops'), ...modulesOf('simd'));
