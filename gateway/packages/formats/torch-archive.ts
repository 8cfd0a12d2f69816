import { setMaxListeners, type EventEmitter } from 'node:events';
import { open } from 'node:fs/promises';
import { defaultLimits } from '../archives/limits';
import type { RawEntry } from '../archives/raw-entry';
import { readZipEntries } from '../archives/zip';

/** TorchScript of large networks has a few thousand entries, its code and pickle a few megabytes. */
const LIMITS = { ...defaultLimits, entries: 200_000 };
const MAX_PART_BYTES = 64 << 20;

/** Calls `read` with the entries of a file that PyTorch saved. @throws Error when the file is damaged */
export async function withTorchArchive<T>(path: string, read: (entries: RawEntry[]) => Promise<T>): Promise<T> {
  const file = await open(path, 'r');
  try {
    // Each entry that is read listens to the file's end.
    setMaxListeners(0, file as unknown as EventEmitter);
    const { size } = await file.stat();
    return await read(await readZipEntries(file, size, LIMITS));
  } finally {
    await file.close();
  }
}

/** Code or a pickle, each byte as one character. */
export async function textOf(entry: RawEntry): Promise<string> {
  if (entry.bytes > MAX_PART_BYTES) throw new Error(`its ${entry.name} has ${entry.bytes} bytes`);
  const chunks: Buffer[] = [];
  for await (const chunk of await entry.open()) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('latin1');
}
