import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ownedName, removeUnfinished } from '../workspace/gateways';
import { SharedLocks } from '../workspace/locks';
import { flush, flushTree, moveFile } from '../workspace/durable-files';
import { isSetAside, setAside } from '../workspace/set-aside';
import { currentRecord, damageOf, packageRecord, UNKNOWN_CHANGE, type Current, type PackageRecord } from './records';

/** One version of a model as the author uploaded it. */
export interface StoredVersion extends PackageRecord {
  name: string;
  version: number;
  /** Folder with the model file. */
  directory: string;
  /** The config as uploaded, parsed as JSON. */
  config: unknown;
  /** Why its records cannot be read; only name, version and directory are known then. */
  damage?: string;
}

/** The version of a model that is to be served. `change` names what made it so: other gateways see by it that there is something new. */
type WantedVersion = StoredVersion & { change: string };

/** Allowed names of models; folders of other names are somebody else's. */
export const MODEL_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;

const STAGING = '.staging';
const CURRENT = 'current.json';
/** In the folder of a model whose first upload is under way: without this file, versions without `current.json` have lost it. */
const FIRST = '.first';
const CONFIG = 'config_aiaa.json';
const PACKAGE = 'package.json';

/**
 * The desired state: `<workspace>/models/<name>/<version>/` holds config and model file, `current.json` says which version is to be served and
 * which earlier ones are kept. A version counts only once `current.json` names it; everything else is being made, or left over from a kill: then
 * {@link prepare} and {@link sweep} remove it. A record that is damaged or lost harms its model only, and nothing of it is deleted.
 */
export class Store {
  /**
   * @param keep versions of a model that are kept, the current one included; at least 1
   * @param gateway whose unfinished things here are, see {@link ownedName}
   * @param locks by name of the model; a change of one holds its lock, which is confirmed before each step
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
    await removeUnfinished(join(this.root, STAGING), alive);
  }

  /** Removes what a killed upload or removal of a model left. Nobody may be changing that model. */
  async sweep(name: string): Promise<void> {
    const current = await this.currentOf(name);
    if (current && !current.damage) return this.removeAllBut(name, current.kept);
    // Other folders without a record are somebody else's.
    if (!current && (await this.entriesOf(name)).includes(FIRST)) await this.removeAllBut(name, []);
  }

  /** Every model there is a folder of, wanted or not. */
  async names(): Promise<string[]> {
    const entries = await readdir(this.root, { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory() && MODEL_NAME.test(entry.name));
    return folders.map((entry) => entry.name).sort();
  }

  /** The change that made each wanted model what it is; {@link UNKNOWN_CHANGE} where that cannot be read. */
  async changes(): Promise<Map<string, string>> {
    const names = await this.names();
    const records = await Promise.all(names.map((name) => this.currentOf(name)));
    return new Map(records.flatMap((record, at) => (record ? [[names[at], record.change]] : [])));
  }

  /** The version of a model that is to be served, or undefined when the model is not wanted. */
  async wanted(name: string): Promise<WantedVersion | undefined> {
    const current = await this.currentOf(name);
    if (!current) return undefined;
    const { version, change, damage } = current;
    return { ...(await this.read(name, version)), change, ...(damage && { damage }) };
  }

  /** All kept versions of a model that can be read, oldest first; without those that an upload or a removal takes away meanwhile. */
  async versions(name: string): Promise<StoredVersion[]> {
    const kept = (await this.currentOf(name))?.kept ?? [];
    const versions = await Promise.all(kept.map((version) => this.read(name, version)));
    return versions.filter(({ damage }) => damage === undefined);
  }

  private async read(name: string, version: number): Promise<StoredVersion> {
    const directory = this.versionFolder(name, version);
    const place = { name, version, directory };
    try {
      const record = packageRecord.parse(await readJson(join(directory, PACKAGE)));
      const config = await readJson(join(directory, CONFIG));
      if (record.file !== undefined) await stat(join(directory, record.file));
      return { ...record, ...place, config };
    } catch (error) {
      const damage = damageOf(`version ${version}`, error);
      return { ...place, platform: 'unknown', uploaded: '', config: null, damage };
    }
  }

  /**
   * Writes a new version beside the current one; it is not served before {@link commit}.
   * @param model where the model file is and how it gets here: an uploaded one is moved away, that of an older version is linked; none for pipelines
   * @param served the version that serves now
   * @throws MODEL_BUSY when the lock is lost
   */
  async add(
    name: string,
    configText: string,
    record: PackageRecord,
    model?: { from: string; place?: (from: string, to: string) => Promise<void> },
    served = 0,
  ): Promise<StoredVersion> {
    const staged = join(this.root, STAGING, ownedName(this.gateway));
    await mkdir(staged, { recursive: true });
    try {
      if (model && record.file) await (model.place ?? moveFile)(model.from, join(staged, record.file));
      await writeFile(join(staged, CONFIG), configText);
      await writeFile(join(staged, PACKAGE), JSON.stringify(record, null, 2));
      await flushTree(staged);
      const current = await this.currentOf(name);
      if (!current) await this.beginModel(name);
      // A number that nothing had: what the record does not name may be all that is left, and Triton may serve what is lost here.
      const taken = (await this.entriesOf(name)).filter(isVersion).map(Number);
      const version = Math.max(served, ...taken, ...(current?.kept ?? [])) + 1;
      const directory = this.versionFolder(name, version);
      await this.locks.confirm(name);
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
    const before = await this.currentOf(name);
    const others = (before?.kept ?? []).filter((kept) => kept !== version && kept !== before?.version);
    if (before?.kept.includes(before.version) && before.version !== version) others.push(before.version);
    const kept = [...others.slice(Math.max(0, others.length - this.keep + 1)), version].sort((a, b) => a - b);
    const file = join(this.root, name, CURRENT);
    const draft = `${file}.${this.gateway}`;
    const change = randomUUID();
    try {
      await writeFile(draft, JSON.stringify({ version, kept, change } satisfies Current));
      await flush(draft);
      await this.locks.confirm(name);
      if (before?.damage) await setAside(file);
      await rename(draft, file);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
    // The rename made the change; what cannot be flushed or deleted now does not undo it, and sweep() comes again.
    await flush(join(this.root, name))
      .then(() => this.removeAllBut(name, kept))
      .catch(() => undefined);
    return change;
  }

  /** Makes the folder of a model with its mark in one step: without the mark it would be taken for one that has lost its record. */
  private async beginModel(name: string): Promise<void> {
    const folder = join(this.root, name);
    const isThere = (await this.entriesOf(name)).length > 0;
    const place = isThere ? folder : join(this.root, STAGING, ownedName(this.gateway));
    await mkdir(place, { recursive: true });
    await writeFile(join(place, FIRST), '', { flush: true });
    if (isThere) return;
    await this.locks.confirm(name);
    await rename(place, folder);
  }

  /** Takes back what {@link add} wrote. @throws MODEL_BUSY when the lock is lost */
  async discard(name: string, version: number): Promise<void> {
    await this.locks.confirm(name);
    await rm(this.versionFolder(name, version), { recursive: true, force: true });
    if (!(await this.currentOf(name))) await this.removeAllBut(name, []);
  }

  /** Forgets a model and its files. @throws MODEL_BUSY when the lock is lost */
  async remove(name: string): Promise<void> {
    await this.locks.confirm(name);
    // In one step: a folder that has lost its record counts as damaged.
    const leaving = join(this.root, STAGING, ownedName(this.gateway));
    await mkdir(join(this.root, STAGING), { recursive: true });
    await rename(join(this.root, name), leaving).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await rm(leaving, { recursive: true, force: true });
  }

  private versionFolder(name: string, version: number): string {
    return join(this.root, name, String(version));
  }

  /** Undefined when the model is not wanted. Of a damaged or lost record the newest version folder is taken for the current one. Never fails. */
  private async currentOf(name: string): Promise<Current | undefined> {
    let entries: string[] = [];
    let version = 0;
    try {
      entries = await this.entriesOf(name);
      const current = currentRecord.parse(await readJson(join(this.root, name, CURRENT)));
      ({ version } = current);
      // An empty or wrong list would have the versions deleted that it does not name.
      if (entries.includes(String(version))) return current;
      throw new Error(`it names version ${version}, which is not there`);
    } catch (error) {
      const kept = entries.filter(isVersion).map(Number);
      kept.sort((a, b) => a - b);
      const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (isMissing && (kept.length === 0 || entries.includes(FIRST))) return undefined;
      return { version: Math.max(version, ...kept), kept, change: UNKNOWN_CHANGE, damage: damageOf(CURRENT, error) };
    }
  }

  /** The content of a model's folder; nothing where there is none. @throws when it cannot be read: nobody may conclude then that a version is not there */
  private async entriesOf(name: string): Promise<string[]> {
    try {
      return await readdir(join(this.root, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  /** Removes what this store wrote into the folder of a model, and nothing that somebody else put there. */
  private async removeAllBut(name: string, kept: readonly number[]): Promise<void> {
    const folder = join(this.root, name);
    await this.locks.confirm(name);
    const isOld = (entry: string) =>
      isVersion(entry) ? !kept.includes(Number(entry)) : entry === FIRST || isDraft(entry);
    // The mark goes last: without it, what a kill left here would be taken for a model.
    const old = (await this.entriesOf(name)).filter(isOld).sort((a, b) => Number(a === FIRST) - Number(b === FIRST));
    for (const entry of old) await rm(join(folder, entry), { recursive: true, force: true });
    if (kept.length > 0) return;
    await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT' && error.code !== 'ENOTEMPTY') throw error;
    });
  }
}

const readJson = async (file: string): Promise<unknown> => JSON.parse(await readFile(file, 'utf8'));

/** Not the names that are numbers in another way of writing, as 01 or 1e3. */
const isVersion = (entry: string): boolean => /^[1-9]\d{0,8}$/.test(entry);

/** A `current.json` that was being written. */
const isDraft = (entry: string): boolean => entry.startsWith(`${CURRENT}.`) && !isSetAside(entry);
