import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describeThatNeeds } from './needs';

const shared = join(__dirname, '..', '..', 'shared');

/**
 * A file that lies beside the repository (`../shared/data`, `../shared/configs`) and is not part of it.
 * @param path from the shared folder, such as `data/models/x.onnx`
 * @returns where it is, or undefined when it is absent
 */
export function sharedData(path: string): string | undefined {
  const file = join(shared, path);
  return existsSync(file) ? file : undefined;
}

/**
 * `describe` for tests that need shared files. Without them there is one skipped test instead, whose title names what is missing.
 * @param tests gets the places of the files, in the order of `paths`
 */
export function describeWithData(name: string, paths: readonly string[], tests: (...files: string[]) => void): void {
  const missing = paths.filter((path) => !sharedData(path));
  const group = describeThatNeeds(missing.map((path) => `../shared/${path}`).join(', '), missing.length === 0);
  group(name, () => tests(...paths.map((path) => sharedData(path) as string)));
}
