import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TritonModelConfig } from '../triton/model-config';
import { ownedName, removeLeftovers } from '../workspace/leftovers';
import { SharedLocks } from '../workspace/shared-locks';
import { flush, flushTree, moveFile } from './durable-files';

/** What belongs to one version of a model besides its files. */
export interface PackageRecord {
  /** Triton's platform for the model file, for example `onnxruntime_onnx`; `none` without one. */
  platform: string;
  /** Name of the model file (or folder) in the version's folder, for example `model.onnx`; absent for pipelines, which have only a config. */
  file?: string;
  /** `metadata.json` of a MONAI bundle. */
  bundleMetadata?: unknown;
  /** The config.pbtxt that came with the model. */
  tritonConfig?: TritonModelConfig;
  /** When it was uploaded (ISO 8601). */
  uploaded: string;
}

/** One version of a model as the author uploaded it. */
export interface StoredVersion extends PackageRecord {
  name: string;
  version: number;
  /** Folder with the model file. */
  directory: string;
  /** The config as uploaded, parsed as JSON. */
  config: unknown;
}

/** The version of a model that is to be served. */
export interface WantedVersion extends StoredVersion {
  /** Names the change that made it so: other gateways see by it that there is something new, also when a number comes back. */
  change: string;
}

const STAGING = '.staging';
const CURRENT = 'current.json';
const CONFIG = 'config_aiaa.json';
const PACKAGE = 'package.json';

/** What `current.json` says: the version to be served, and all that are kept to go back to, oldest first. */
interface Served {
  version: number;
  kept: number[];
  change: string;
}

/**
 * The desired state: `<workspace>/models/<name>/<version>/` holds config and model file, `current.json` says which version is to be served and
 * which earlier ones are kept. A version counts only once `current.json` names it; everything else is being made, or left over from a kill: then
 * {@link prepare} and {@link sweep} remove it.
 */
export class Store {
  /**
   * @param keep versions of a model that are kept, the current one included; at least 1
   * @param gateway whose unfinished things here are, see {@link ownedName}
   * @param locks by name of the model; whoever changes one holds its lock, which is confirmed before each step
   */
  constructor(
    private readonly root: string,
    private readonly keep: number,
    private readonly gateway = 'alone',
    private readonly locks = new SharedLocks(undefined, 0),
  ) {}

  /** Makes the folders, and removes what gateways that are gone left unfinished in them. */
  async prepare(alive: ReadonlySet<string>): Promise<void> {
    await mkdir(join(this.root, STAGING), { recursive: true });
    await removeLeftovers(join(this.root, STAGING), alive);
  }

  /** Removes what a killed upload or removal of a model left behind. Nobody may be changing that model. */
  async sweep(name: string): Promise<void> {
    await this.removeAllBut(name, (await this.recordOf(name))?.kept ?? []);
  }

  /** Every model there is a folder of, wanted or not. */
  async names(): Promise<string[]> {
    const entries = await readdir(this.root, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && entry.name !== STAGING)
      .map((entry) => entry.name)
      .sort();
  }

  /** The change that made each wanted model what it is. */
  async changes(): Promise<Map<string, string>> {
    const names = await this.names();
    const records = await Promise.all(names.map((name) => this.recordOf(name)));
    return new Map(records.flatMap((record, at) => (record ? [[names[at], record.change]] : [])));
  }

  /** The version of a model that is to be served, or undefined when the model is not wanted. */
  async wanted(name: string): Promise<WantedVersion | undefined> {
    const record = await this.recordOf(name);
    return record && { ...(await this.read(name, record.version)), change: record.change };
  }

  /** A kept version of a model, or undefined when there is none such. */
  async get(name: string, version: number): Promise<StoredVersion | undefined> {
    return (await this.recordOf(name))?.kept.includes(version) ? this.read(name, version) : undefined;
  }

  /** All kept versions of a model, oldest first; those that an upload or a removal takes away meanwhile are left out. */
  async versions(name: string): Promise<StoredVersion[]> {
    const kept = (await this.recordOf(name))?.kept ?? [];
    const read = await Promise.all(kept.map((version) => this.read(name, version).catch(undefinedWhenGone)));
    return read.filter((version) => version !== undefined);
  }

  private async read(name: string, version: number): Promise<StoredVersion> {
    const directory = this.versionFolder(name, version);
    const record = JSON.parse(await readFile(join(directory, PACKAGE), 'utf8')) as PackageRecord;
    const config: unknown = JSON.parse(await readFile(join(directory, CONFIG), 'utf8'));
    return { ...record, name, version, directory, config };
  }

  /**
   * Writes a new version beside the current one; it is not served before {@link commit}.
   * @param model where the model file is and how it gets here: an uploaded one is moved away, that of an older version is linked; none for pipelines
   * @throws MODEL_BUSY when the lock is lost
   */
  async add(
    name: string,
    configText: string,
    record: PackageRecord,
    model?: { from: string; place?: (from: string, to: string) => Promise<void> },
  ): Promise<StoredVersion> {
    const staged = join(this.root, STAGING, ownedName(this.gateway));
    await mkdir(staged, { recursive: true });
    try {
      if (model && record.file) await (model.place ?? moveFile)(model.from, join(staged, record.file));
      await writeFile(join(staged, CONFIG), configText);
      await writeFile(join(staged, PACKAGE), JSON.stringify(record, null, 2));
      await flushTree(staged);
      await mkdir(join(this.root, name), { recursive: true });
      const version = Math.max(0, ...((await this.recordOf(name))?.kept ?? [])) + 1;
      const directory = this.versionFolder(name, version);
      await this.locks.confirm(name);
      await rm(directory, { recursive: true, force: true });
      await rename(staged, directory);
      await flush(join(this.root, name));
      return { ...record, name, version, directory, config: JSON.parse(configText) };
    } catch (error) {
      await rm(staged, { recursive: true, force: true });
      throw error;
    }
  }

  /**
   * From now on this version, new or kept, is the one to serve. Beyond the number to keep the oldest go, the one that served until now last.
   * @returns the name of the change
   * @throws MODEL_BUSY when the lock is lost
   */
  async commit(name: string, version: number): Promise<string> {
    const before = await this.recordOf(name);
    const others = (before?.kept ?? []).filter((kept) => kept !== version && kept !== before?.version);
    if (before && before.version !== version) others.push(before.version);
    const kept = [...others.slice(Math.max(0, others.length - this.keep + 1)), version].sort((a, b) => a - b);
    const file = join(this.root, name, CURRENT);
    const draft = `${file}.${this.gateway}`;
    const change = randomUUID();
    try {
      await writeFile(draft, JSON.stringify({ version, kept, change } satisfies Served));
      await flush(draft);
      await this.locks.confirm(name);
      await rename(draft, file);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
    await flush(join(this.root, name));
    // The word is given; what cannot be deleted now is swept away later.
    await this.removeAllBut(name, kept).catch(() => undefined);
    return change;
  }

  /** Takes back what {@link add} wrote. @throws MODEL_BUSY when the lock is lost */
  async discard(name: string, version: number): Promise<void> {
    await this.locks.confirm(name);
    await rm(this.versionFolder(name, version), { recursive: true, force: true });
    if (!(await this.recordOf(name))) await rm(join(this.root, name), { recursive: true, force: true });
  }

  /** Forgets a model: first the word that it is wanted, then its files. @throws MODEL_BUSY when the lock is lost */
  async remove(name: string): Promise<void> {
    await this.locks.confirm(name);
    await rm(join(this.root, name, CURRENT), { force: true });
    await rm(join(this.root, name), { recursive: true, force: true });
  }

  private versionFolder(name: string, version: number): string {
    return join(this.root, name, String(version));
  }

  private async recordOf(name: string): Promise<Served | undefined> {
    try {
      const text = await readFile(join(this.root, name, CURRENT), 'utf8');
      const { version, kept = [version], change = '' } = JSON.parse(text) as Partial<Served> & Pick<Served, 'version'>;
      return { version, kept, change };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  private async removeAllBut(name: string, kept: readonly number[]): Promise<void> {
    const folder = join(this.root, name);
    await this.locks.confirm(name);
    if (kept.length === 0) return rm(folder, { recursive: true, force: true });
    const old = (await readdir(folder)).filter((entry) => entry !== CURRENT && !kept.includes(Number(entry)));
    await Promise.all(old.map((entry) => rm(join(folder, entry), { recursive: true, force: true })));
  }
}

function undefinedWhenGone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
