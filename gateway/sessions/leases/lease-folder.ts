import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Interaction, Prompt } from '../../interaction';

const RECORD = 'lease.json';
const FOLDER = /^([0-9a-f]{32})\.(.+)$/;

const lengths = z.array(z.number());
const file = z.string().regex(/^[\w.-]+$/);
const interaction = z.object({
  prompts: z.array(z.custom<Prompt>()),
  initial: file.optional(),
  mask: file.optional(),
  pending: z.boolean(),
}) satisfies z.ZodType<Interaction>;

/** A lease as it is written to `lease.json`. */
const leaseRecord = z.object({
  /** The model that answers. */
  model: z.string(),
  /** Hash of the access token it was claimed with; absent where none is asked for. */
  owner: z.string().optional(),
  /** The session with its image, and the lengths of the client's array [channel, x, y, z]. */
  image: z.object({ session: z.string(), shape: lengths }).optional(),
  /** The mask that a model has made of the image, and every session on it begins with. */
  begun: file.optional(),
  /** Numpy's name of the voxels of the client's mask, once it has told. */
  buffer: z.string().optional(),
  autozoom: z.boolean(),
  interaction,
  /** What undo goes back to, the last one last. */
  undo: z.array(interaction),
  /** The file with the mask as the client has it for certain. @default an empty one */
  delivered: file.optional(),
  /** Files that were named so far. */
  named: z.number(),
});
export type LeaseRecord = z.output<typeof leaseRecord>;

/** `<workspace>/leases`: a folder per lease, called by the lease and its gateway, with `lease.json` and masks. */
export class LeaseFolder {
  constructor(
    private readonly root: string,
    private readonly gateway: string,
  ) {}

  pathOf(id: string): string {
    return join(this.root, `${id}.${this.gateway}`);
  }

  make(id: string): Promise<unknown> {
    return mkdir(this.pathOf(id), { recursive: true });
  }

  /** The old record or the new one is there after a kill; then files go that no record names. */
  async write(id: string, record: LeaseRecord, before?: LeaseRecord): Promise<void> {
    const path = join(this.pathOf(id), RECORD);
    await writeFile(`${path}.new`, JSON.stringify(record));
    await rename(`${path}.new`, path);
    const kept = filesOf(record);
    const gone = before ? [...filesOf(before)].filter((name) => !kept.has(name)) : [];
    await Promise.all(gone.map((name) => rm(join(this.pathOf(id), name), { force: true })));
  }

  /** Removes what no record names: left by a kill, or by a request that failed. */
  async tidy(id: string, record: LeaseRecord): Promise<void> {
    const kept = new Set([RECORD, ...filesOf(record)]);
    const left = (await readdir(this.pathOf(id))).filter((name) => !kept.has(name));
    await Promise.all(left.map((name) => rm(join(this.pathOf(id), name), { force: true })));
  }

  remove(id: string): Promise<void> {
    return rm(this.pathOf(id), { recursive: true, force: true });
  }

  async bytesOf(id: string, name: string): Promise<number> {
    return (await stat(join(this.pathOf(id), name))).size;
  }

  /** Leases that no other living gateway has: from now on this one's. @returns when each was used last, in milliseconds since 1970; no record for one that cannot be read */
  async recover(alive: ReadonlySet<string>) {
    await mkdir(this.root, { recursive: true });
    const found: { id: string; record?: LeaseRecord; acted: number }[] = [];
    for (const name of await readdir(this.root)) {
      const [, id, owner] = FOLDER.exec(name) ?? [];
      if (!id || (owner !== this.gateway && alive.has(owner))) continue;
      const path = join(this.pathOf(id), RECORD);
      // One of two gateways that start can rename it.
      const acted = await rename(join(this.root, name), this.pathOf(id))
        .then(async () => (await stat(path)).mtimeMs)
        .catch(() => undefined);
      if (acted === undefined) {
        // A kill came before its first record, or another gateway was faster: its client initializes again.
        await this.remove(id);
        continue;
      }
      const record = await readRecord(path).catch(() => undefined);
      found.push({ id, record, acted });
      if (record) await this.tidy(id, record);
    }
    return found;
  }
}

async function readRecord(path: string): Promise<LeaseRecord> {
  return leaseRecord.parse(JSON.parse(await readFile(path, 'utf8')));
}

function filesOf({ interaction: now, undo, delivered, begun }: LeaseRecord): Set<string> {
  const names = [now, ...undo].flatMap(({ initial, mask, prompts }) => [
    initial,
    mask,
    ...prompts.map((prompt) => ('mask' in prompt ? prompt.mask : undefined)),
  ]);
  return new Set([...names, delivered, begun].filter((name) => name !== undefined));
}
