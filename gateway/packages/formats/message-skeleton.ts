import { open, type FileHandle } from 'node:fs/promises';
import { readAt } from '../read-at';
import { readVarint, WireError } from './wire-format';
import { lengthPrefix } from './wire-writer';

/** Which fields of a message are messages that may be large, by number, and which of theirs. */
export interface LargeMessages {
  readonly [field: number]: LargeMessages;
}

/** More than any name or shape; weights above this are left out. */
const LARGE_BYTES = 1 << 16;
const CHUNK = 1 << 20;
/** Tag and length of a field. */
const MAX_HEAD = 20;

/**
 * Reads a file that is one protobuf message without its weights: whatever is larger than 64 KB and not in `large` is empty in the message
 * that comes back, so that memory does not grow with them.
 * @throws WireError when the bytes are not a whole message
 */
export async function readSkeleton(path: string, large: LargeMessages): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    return Buffer.concat(await skeletonOf(new Window(file), 0, size, large));
  } finally {
    await file.close();
  }
}

async function skeletonOf(window: Window, start: number, end: number, large: LargeMessages): Promise<Buffer[]> {
  const parts: Buffer[] = [];
  for (let at = start; at < end;) {
    const head = await window.bytes(at, Math.min(MAX_HEAD, end - at));
    const [tag, afterTag] = readVarint(head, 0);
    const [number, wire] = [Number(tag >> 3n), Number(tag & 7n)];
    if (number < 1 || number > 0x1fffffff) throw new WireError(`field number ${number} at byte ${at - start}`);
    if (wire !== 2) {
      if (![0, 1, 5].includes(wire)) throw new WireError(`wire type ${wire} at byte ${at - start}`);
      const next = at + (wire === 0 ? readVarint(head, afterTag)[1] : afterTag + (wire === 1 ? 8 : 4));
      if (next > end) throw new WireError(`field ${number} at byte ${at - start} is cut off`);
      parts.push(await window.bytes(at, next - at));
      at = next;
      continue;
    }
    const [bytes, afterLength] = readVarint(head, afterTag);
    const [content, length] = [at + afterLength, Number(bytes)];
    if (content + length > end)
      throw new WireError(`field ${number} at byte ${at - start} needs ${length} bytes, ${end - content} are left`);
    const inner = large[number];
    const kept =
      length <= LARGE_BYTES
        ? [await window.bytes(content, length)]
        : inner
          ? await skeletonOf(window, content, content + length, inner)
          : [];
    parts.push(
      lengthPrefix(
        number,
        kept.reduce((sum, part) => sum + part.length, 0),
      ),
      ...kept,
    );
    at = content + length;
  }
  return parts;
}

/** A part of a file that moves along as it is read. */
class Window {
  private start = 0;
  private buffer: Buffer = Buffer.alloc(0);

  constructor(private readonly file: FileHandle) {}

  /** A copy of at most {@link CHUNK} bytes: a view would keep the whole window. */
  async bytes(position: number, length: number): Promise<Buffer> {
    if (position < this.start || position + length > this.start + this.buffer.length) {
      this.buffer = await readAt(this.file, position, CHUNK);
      this.start = position;
    }
    return Buffer.from(this.buffer.subarray(position - this.start, position - this.start + length));
  }
}
