import { createHash } from 'node:crypto';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TransformDefinition } from '../definition';
import { ownDefinition } from './own-transform';

const GUIDE = 'docs/guides/own-transforms.md';

/** `module.Class`, an `#alias` after it dropped. Neither part can hold a path. */
const OWN_NAME = /^([A-Za-z_]\w*)\.([A-Za-z_]\w*)(?:#.*)?$/;

const MODULE_FILE = /^([A-Za-z_]\w*)\.m?js$/;

interface LoadedModule {
  file: string;
  /** Of the file when it was read. */
  changed: number;
  /** SHA-256 of the file. */
  content?: string;
  exports: Record<string, unknown>;
  /** Why it could not be loaded. */
  failure?: string;
}

/** The transforms that model authors brought: JavaScript modules in one folder. A file that changes is read again. */
export class TransformLibrary {
  private modules = new Map<string, LoadedModule>();

  constructor(private readonly folder: string) {}

  /** Reads what is new or changed in the folder. A module that fails is remembered with its failure. */
  async refresh(): Promise<void> {
    const root = await realpath(this.folder).catch(() => undefined);
    const names = root === undefined ? [] : (await readdir(root)).sort();
    const found = new Map<string, LoadedModule>();
    for (const name of names) {
      const [, module] = MODULE_FILE.exec(name) ?? [];
      if (root !== undefined && module && !found.has(module)) found.set(module, await this.read(root, name, module));
    }
    this.modules = found;
  }

  /** The transform that a config names, as of the last {@link refresh}. */
  find(name: string): TransformDefinition | undefined {
    const [, module, className] = OWN_NAME.exec(name.trim()) ?? [];
    const loaded = this.modules.get(module);
    return loaded && ownDefinition(`${module}.${className}`, exportOf(loaded, className));
  }

  /** Names the content of the module of a transform, as of the last {@link refresh}; undefined for a name that is not one of these. */
  contentOf(name: string): string | undefined {
    const [, module] = OWN_NAME.exec(name.trim()) ?? [];
    return this.modules.get(module)?.content;
  }

  /** Reads the folder when the name is not known yet. */
  async load(name: string): Promise<TransformDefinition | undefined> {
    await this.refresh();
    return this.find(name);
  }

  /** Why a name with a module path is not one of these, as a sentence without a stop. */
  whyNot(name: string): string {
    const [, module, className] = OWN_NAME.exec(name.trim()) ?? [];
    if (!module) return `Python classes cannot run here; a transform of your own is JavaScript and is named module.Class, see ${GUIDE}`;
    const loaded = this.modules.get(module);
    if (!loaded) return `there is no lib/${module}.mjs in the workspace. Python classes cannot run here; a transform of your own is JavaScript, see ${GUIDE}`;
    if (loaded.failure) return `lib/${loaded.file} cannot be loaded: ${loaded.failure}`;
    const names = Object.keys(loaded.exports).filter((key) => ownDefinition(key, loaded.exports[key]));
    return `lib/${loaded.file} exports no class ${className} with a method apply; it has ${names.join(', ') || 'none'}, see ${GUIDE}`;
  } // prettier-ignore

  private async read(root: string, name: string, module: string): Promise<LoadedModule> {
    const path = await realpath(join(root, name)).catch(() => undefined);
    const facts = path === undefined ? undefined : await stat(path);
    const none = { file: name, changed: facts?.mtimeMs ?? 0, exports: {} };
    if (path === undefined || !facts?.isFile() || dirname(path) !== root)
      return { ...none, failure: 'it is not a file of this folder' };
    const before = this.modules.get(module);
    if (before?.file === name && before.changed === facts.mtimeMs) return before;
    try {
      // Node keeps a CommonJS module by its path, and a module by its URL.
      Reflect.deleteProperty(createRequire(path).cache, path);
      const content = createHash('sha256')
        .update(await readFile(path))
        .digest('hex');
      const exports = (await import(`${pathToFileURL(path).href}?changed=${facts.mtimeMs}`)) as Record<string, unknown>;
      return { ...none, content, exports: withDefault(exports) };
    } catch (error) {
      return { ...none, failure: error instanceof Error ? error.message : String(error) };
    }
  }
}

/** Adds the members of a CommonJS module's `module.exports`, which comes as `default`. */
function withDefault(exports: Record<string, unknown>): Record<string, unknown> {
  const inner = exports.default;
  return typeof inner === 'object' && inner !== null ? { ...inner, ...exports } : { ...exports };
}

function exportOf({ exports }: LoadedModule, className: string): unknown {
  return Object.hasOwn(exports, className) ? exports[className] : undefined;
}
