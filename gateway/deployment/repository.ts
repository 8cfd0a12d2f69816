import { chmod, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { nameFolders } from '../disk-errors';
import { writeConfigText } from '../triton/config-text';
import type { TritonModelConfig } from '../triton/model-config';
import { ownedName, removeUnfinished } from '../workspace/gateways';
import { SharedLocks } from '../workspace/locks';
import { flush, flushTree, letGroupIn, linkOrCopy, makeReadable, type Readers } from '../workspace/durable-files';
import { TRITON_FOLDER } from '../packages/model-file-format';
import type { StoredVersion } from './store';

/** First line of every config.pbtxt the gateway writes: how it tells its own folders from those of others. */
const MARK = '# Written by aiaa-triton-gateway';

/** A folder that was put into the repository; one of the two ends it. */
export interface Placement {
  /** The new folder stays; what it replaced is deleted, now or when this gateway is gone. */
  keep(): Promise<void>;
  /** The previous folder comes back. */
  putBack(): Promise<void>;
}

/**
 * The folders that Triton serves. A model's folder is made beside the repository and renamed into it, never edited in place: half-written
 * folders break loads and the index.
 */
export class Repository {
  private readonly staging: string;

  /**
   * @param gateway whose unfinished folders here are, see {@link ownedName}
   * @param locks by name of the model; a change of its folder holds its lock, which is confirmed before
   * @param readers who else may read the folders. @default nobody
   */
  constructor(
    readonly root: string,
    private readonly gateway = 'alone',
    private readonly locks = new SharedLocks(undefined, 0),
    private readonly readers?: Readers,
  ) {
    this.staging = join(dirname(root), `.${basename(root)}.staging`);
    nameFolders([root, this.staging].map((folder) => [folder, 'the model repository']));
  }

  /** Makes the repository and removes what gateways that are gone left in the staging folder. @throws when repository and staging are on different disks */
  async prepare(alive: ReadonlySet<string>): Promise<void> {
    await this.build();
    await removeUnfinished(this.staging, alive);
  }

  /** Makes the folders. */
  private async build(): Promise<void> {
    await mkdir(this.root, { recursive: true });
    await mkdir(this.staging, { recursive: true });
    if (this.readers) {
      await letGroupIn(this.root, this.readers);
      // They may be from a time without the group.
      for (const name of await this.names()) await makeReadable(join(this.root, name), this.readers.group);
      await chmod(this.staging, 0o700);
    }
    const [repository, staging] = await Promise.all([stat(this.root), stat(this.staging)]);
    if (repository.dev === staging.dev) return;
    throw new Error(
      `the folder of --model_repository is a mount point of its own; mount its parent folder instead, so that models can be renamed into it from a folder beside it`,
    );
  }

  /** Puts a version of a model into the repository, in place of what is there. @throws MODEL_BUSY when the lock is lost */
  async place(version: StoredVersion, config: TritonModelConfig): Promise<Placement> {
    const staged = join(this.staging, ownedName(this.gateway));
    const old = join(this.staging, ownedName(this.gateway));
    const target = join(this.root, version.name);
    let replaced = false;
    if (!(await isThere(this.root)) || !(await isThere(this.staging))) await this.build();
    try {
      await this.write(staged, version, config);
      await this.locks.confirm(version.name);
      replaced = await moveAway(target, old);
      await rename(staged, target);
      await flush(this.root);
    } catch (error) {
      if (replaced) await rename(old, target).catch(() => undefined);
      await rm(staged, { recursive: true, force: true });
      throw error;
    }
    return {
      keep: () => rm(old, { recursive: true, force: true }).catch(() => undefined),
      putBack: async () => {
        await moveAway(target, staged);
        if (replaced) {
          // Triton compares times of the version folder only: an older folder would be taken for loaded already.
          await touchVersions(old);
          await rename(old, target);
        }
        await rm(staged, { recursive: true, force: true });
      },
    };
  }

  /** Takes a model's folder out in one step, then deletes it. */
  async remove(name: string): Promise<void> {
    const old = join(this.staging, ownedName(this.gateway));
    await moveAway(join(this.root, name), old);
    await rm(old, { recursive: true, force: true });
  }

  /** Names of the models whose folder a gateway wrote. */
  async names(): Promise<string[]> {
    // Whoever deleted it: it is built again with the next model.
    const entries = (await isThere(this.root)) ? await readdir(this.root, { withFileTypes: true }) : [];
    const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    const ours = await Promise.all(folders.map((name) => this.isOurs(name)));
    return folders.filter((_, at) => ours[at]);
  }

  /** Whether a gateway wrote the folder of a model. */
  async isOurs(name: string): Promise<boolean> {
    return (await this.markOf(name)).startsWith(MARK);
  }

  /** Whether the folder of a model is that of this version. */
  async holds(version: StoredVersion): Promise<boolean> {
    const files = join(this.root, version.name, String(version.version));
    return (await this.markOf(version.name)) === markFor(version) && isThere(files);
  }

  /** First line of a model's config.pbtxt. */
  private async markOf(name: string): Promise<string> {
    const text = await readFile(join(this.root, name, 'config.pbtxt'), 'utf8').catch(() => '');
    return text.split('\n', 1)[0];
  }

  private async write(folder: string, stored: StoredVersion, config: TritonModelConfig): Promise<void> {
    const { name, version, directory, file } = stored;
    if (!file) throw new Error(`"${name}" has no model file to publish`);
    const files = join(folder, String(version));
    const uploaded = join(directory, file);
    if (file === TRITON_FOLDER.folder) {
      // The version folder as it was uploaded, and what stood beside config.pbtxt.
      await mkdir(folder, { recursive: true });
      await linkOrCopy(join(uploaded, TRITON_FOLDER.version), files);
      const beside = join(uploaded, TRITON_FOLDER.beside);
      if (await isThere(beside)) await linkOrCopy(beside, folder);
    } else {
      await mkdir(files, { recursive: true });
      await linkOrCopy(uploaded, join(files, file));
    }
    // Each upload is a version of its own: an author's policy for other numbers would keep it from being served.
    const version_policy = { specific: { versions: [version] } };
    const text = `${markFor(stored)}\n${writeConfigText({ name, ...config, version_policy })}`;
    await writeFile(join(folder, 'config.pbtxt'), text);
    await makeReadable(folder, this.readers?.group);
    await flushTree(folder);
  }
}

/** The number alone does not tell: a model that was removed begins again with 1. */
function markFor({ name, version, uploaded }: StoredVersion): string {
  return `${MARK}, version ${version} of ${name}, uploaded ${uploaded}`;
}

const isThere = (path: string): Promise<boolean> => stat(path).then(Boolean, () => false);

async function moveAway(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

async function touchVersions(folder: string): Promise<void> {
  const now = new Date();
  const versions = (await readdir(folder)).filter((entry) => /^\d+$/.test(entry));
  await Promise.all(versions.map((entry) => utimes(join(folder, entry), now, now)));
}
