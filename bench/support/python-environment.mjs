import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cache, pythonOfTriton, runOrFail } from '../../scripts/setup.mjs';

/**
 * The interpreter of a virtual environment with these packages, made again when the list has changed.
 * @param name of its folder in the cache
 * @param requirements file with a pinned package per line
 */
export function pythonWith(name, requirements) {
  const environment = join(cache, name);
  const interpreter = join(environment, 'bin', 'python3');
  const stamp = join(environment, '.installed');
  const text = readFileSync(requirements, 'utf8');
  const wanted = createHash('sha256').update(text).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return interpreter;
  console.log('installing the reference libraries …');
  runOrFail(pythonOfTriton(), ['-m', 'venv', '--clear', environment]);
  const packages = text.split('\n').filter((line) => /^\w/.test(line));
  const pip = (...options) => runOrFail(interpreter, ['-m', 'pip', 'install', '--quiet', ...options]);
  pip(...packages.filter((one) => !one.startsWith('monai')));
  // MONAI asks for a torch with CUDA.
  const monai = packages.filter((one) => one.startsWith('monai'));
  if (monai.length > 0) pip('--no-deps', ...monai);
  writeFileSync(stamp, wanted);
  return interpreter;
}
