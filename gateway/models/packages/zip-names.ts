import type { FileHandle } from 'node:fs/promises';

const END = 0x06054b50;
const END_64_LOCATOR = 0x07064b50;
const END_64 = 0x06064b50;
const ENTRY = 0x02014b50;

/** More entries than any model has; a list beyond it is cut. */
const MAX_ENTRIES = 100_000;
const MAX_DIRECTORY_BYTES = 64 * 2 ** 20;

/**
 * Names of the entries of a zip file, from its central directory (APPNOTE.TXT 4.3.12 to 4.3.16, with zip64, which PyTorch writes).
 * @returns undefined when there is no central directory, for example because the file is cut off
 */
export async function readZipNames(file: FileHandle, size: number): Promise<string[] | undefined> {
  const directory = await findDirectory(file, size);
  if (!directory || directory.length > MAX_DIRECTORY_BYTES || directory.start + directory.length > size)
    return undefined;
  const bytes = await readAt(file, directory.start, directory.length);
  const names: string[] = [];
  let at = 0;
  while (at + 46 <= bytes.length && names.length < MAX_ENTRIES && bytes.readUInt32LE(at) === ENTRY) {
    const nameLength = bytes.readUInt16LE(at + 28);
    names.push(bytes.toString('utf8', at + 46, at + 46 + nameLength));
    at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return names.length > 0 ? names : undefined;
}

async function findDirectory(file: FileHandle, size: number): Promise<{ start: number; length: number } | undefined> {
  const tailStart = Math.max(0, size - 66_000);
  const tail = await readAt(file, tailStart, size - tailStart);
  const end = lastSignature(tail, END);
  if (end < 0 || end + 22 > tail.length) return undefined;
  const directory = { start: tail.readUInt32LE(end + 16), length: tail.readUInt32LE(end + 12) };
  if (directory.start !== 0xffffffff && directory.length !== 0xffffffff) return directory;
  if (end < 20 || tail.readUInt32LE(end - 20) !== END_64_LOCATOR) return undefined;
  const end64 = await readAt(file, Number(tail.readBigUInt64LE(end - 12)), 56);
  if (end64.length < 56 || end64.readUInt32LE(0) !== END_64) return undefined;
  return { start: Number(end64.readBigUInt64LE(48)), length: Number(end64.readBigUInt64LE(40)) };
}

function lastSignature(bytes: Buffer, signature: number): number {
  const wanted = Buffer.alloc(4);
  wanted.writeUInt32LE(signature);
  return bytes.lastIndexOf(wanted);
}

/** Up to `length` bytes from `position`. */
export async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}
