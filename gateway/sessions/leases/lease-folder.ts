import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { whyDisk } from '../../disk-errors';
import { fail, messageOf } from '../../errors';
import { boxOfMaskFile, MASK_HEAD_BYTES, type Interaction, type Prompt } from '../../interaction';

const RECORD = 'lease.json';
/** Begins the names of folders that are being removed. */
const LEAVING = 'leaving.';
const FOLDER = /^([0-9a-f]{32})\.(.+)$/;

const lengths = z.array(z.number());
const file = z.string().regex(/^[\w.-]+$/);
const positive = z.boolean();
const prompt: z.ZodType<Prompt> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('point'), positive, at: lengths }),
  z.object({ kind: z.literal('box'), positive, box: z.array(z.tuple([z.number(), z.number()])) }),
  z.object({ kind: z.literal(['scribble', 'lasso']), positive, mask: file }),
]);
const interaction = z.object({
  prompts: z.array(prompt),
  initial: file.optional(),
  mask: file.optional(),
  pending: z.boolean(),
}) satisfies z.ZodType<Interaction>;

/** A lease as it is written to `lease.json`. */
const leaseRecord = z.object({
  /** The model that answers. */
  model: z.string(),
  /** That its client speaks. @default nnInteractive 2 */
  protocol: z.enum(['slicer', 'dls']).optional(),
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
/** Of clients that send no signs of life: SlicerNNInteractive until 2026, and ITK-SNAP. */
export type SilentProtocol = NonNullable<LeaseRecord['protocol']>;

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

  /** The old record or the new one is there after a kill; then files go that no record names. @throws LEASE_DAMAGED where its folder or record cannot be written any more */
  async write(id: string, record: LeaseRecord, before?: LeaseRecord): Promise<void> {
    const path = join(this.pathOf(id), RECORD);
    await writeFile(`${path}.new`, JSON.stringify(record)).catch(orDamaged);
    await rename(`${path}.new`, path).catch(orDamaged);
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

  /** Takes the name away first: a folder that a kill left half removed is not taken for a damaged lease. */
  async remove(id: string): Promise<void> {
    const leaving = join(this.root, LEAVING + id);
    await rename(this.pathOf(id), leaving).catch(() => undefined);
    await rm(leaving, { recursive: true, force: true });
  }

  /** @throws LEASE_DAMAGED where it is missing */
  async bytesOf(id: string, name: string): Promise<number> {
    return (await stat(join(this.pathOf(id), name)).catch(orDamaged)).size;
  }

  /**
   * Leases that no other living gateway has: from now on this one's. When each was used last is in milliseconds since 1970; one that cannot be read has the
   * reason in place of its record. What is not a lease stays.
   */
  async recover(alive: ReadonlySet<string>) {
    await mkdir(this.root, { recursive: true });
    const found: ({ id: string; acted: number } & (
      { record: LeaseRecord } | { record?: undefined; reason: string }
    ))[] = [];
    for (const entry of await readdir(this.root, { withFileTypes: true })) {
      const { name } = entry;
      if (name.startsWith(LEAVING)) await rm(join(this.root, name), { recursive: true, force: true });
      const [, id, owner] = FOLDER.exec(name) ?? [];
      if (!id || !entry.isDirectory() || (owner !== this.gateway && alive.has(owner))) continue;
      // One of two gateways that start can rename it.
      const isMine = await rename(join(this.root, name), this.pathOf(id)).then(
        () => true,
        () => false,
      );
      if (!isMine) continue;
      const left = await readdir(this.pathOf(id));
      // A kill came before its first record: its client initializes again.
      if (left.every((file) => file === `${RECORD}.new`)) {
        await this.remove(id);
        continue;
      }
      const record = stat(join(this.pathOf(id), RECORD)).catch(() => stat(this.pathOf(id)));
      const acted = (await record).mtimeMs;
      try {
        found.push({ id, record: await this.read(id), acted });
      } catch (error) {
        found.push({ id, reason: reasonOf(error), acted });
      }
    }
    return found;
  }

  /** Removes what its record does not name. @throws where the record is damaged, or one of its files not whole */
  private async read(id: string): Promise<LeaseRecord> {
    const record = leaseRecord.parse(JSON.parse(await readFile(join(this.pathOf(id), RECORD), 'utf8')));
    for (const name of filesOf(record)) await checkMask(join(this.pathOf(id), name));
    await this.tidy(id, record);
    return record;
  }
}

async function checkMask(path: string): Promise<void> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MASK_HEAD_BYTES), 0, MASK_HEAD_BYTES, 0);
    const { size } = await file.stat();
    if (boxOfMaskFile(buffer.subarray(0, bytesRead), size) === undefined) throw new Error('a mask of it is not whole');
  } finally {
    await file.close();
  }
}

const GONE = ['ENOENT', 'ENOTDIR', 'EISDIR', 'ENOTEMPTY', 'EEXIST'];

/** @throws LEASE_DAMAGED where something else is in the place of a file or folder */
function orDamaged(cause: unknown): never {
  throw GONE.includes((cause as NodeJS.ErrnoException).code ?? '') ? fail('LEASE_DAMAGED', {}, { cause }) : cause;
}

/** Without the content of the record. */
function reasonOf(error: unknown): string {
  if (error instanceof SyntaxError) return `${RECORD} is not JSON`;
  if (error instanceof z.ZodError) return `${RECORD}: ${z.prettifyError(error).replace(/\s*\n\s*/g, ' ')}`;
  return whyDisk(error) ?? messageOf(error);
}

function filesOf({ interaction: now, undo, delivered, begun }: LeaseRecord): Set<string> {
  const names = [now, ...undo].flatMap(({ initial, mask, prompts }) => [
    initial,
    mask,
    ...prompts.map((prompt) => ('mask' in prompt ? prompt.mask : undefined)),
  ]);
  return new Set([...names, delivered, begun].filter((name) => name !== undefined));
}
