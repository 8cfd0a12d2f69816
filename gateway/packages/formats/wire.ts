import { open, type FileHandle } from 'node:fs/promises';
import { Reader, Type } from 'protobufjs';
import { messageOf } from '../../errors';
import { fieldHead } from '../../triton/protocol';
import { readAt } from '../read-at';

/** Bytes that are not a whole message of protobuf. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

/** Fields with their names in the definition; what is absent has its default, an absent message is null. @throws WireError */
export function decodeMessage<T>(type: Type, bytes: Uint8Array): T {
  try {
    return type.toObject(type.decode(bytes), { longs: Number, defaults: true, arrays: true, objects: true }) as T;
  } catch (error) {
    throw new WireError(messageOf(error), { cause: error });
  }
}

/** Field number and wire type of a field, and where its content lies; a field without a length is its own content. */
interface FieldPlace {
  number: number;
  wire: number;
  start: number;
  end: number;
}

/** Tag and length of a field. */
const MAX_HEAD = 20;

/** Reads the head of the field that starts at `at`. @param name how messages call its place @throws WireError */
export function readHead(bytes: Uint8Array, at: number, name = at): FieldPlace {
  const reader = Reader.create(bytes);
  reader.pos = at;
  try {
    const tag = reader.uint32();
    const [number, wire] = [tag >>> 3, tag & 7];
    if (number < 1) throw new WireError(`field number ${number} at byte ${name}`);
    if (![0, 1, 2, 5].includes(wire)) throw new WireError(`wire type ${wire} at byte ${name}`);
    const length = wire === 2 ? reader.uint32() : wire === 1 ? 8 : wire === 5 ? 4 : 0;
    const start = reader.pos;
    if (wire === 0) reader.skipType(0);
    return { number, wire, start, end: reader.pos + length };
  } catch (error) {
    if (error instanceof WireError) throw error;
    throw new WireError(`the field at byte ${name} is cut off`, { cause: error });
  }
}

/** The part of a message that its first bytes tell: the fields whose heads lie in them. */
export interface MessageOutline {
  fields: FieldPlace[];
  /** Every head seen is well formed, and none reaches beyond the file. */
  valid: boolean;
  /** Bytes by which the last field passes the end of the file; 0 when it does not. */
  missing: number;
}

/** Outline of a message of `size` bytes of which only `head` was read. */
export function outlineMessage(head: Uint8Array, size: number): MessageOutline {
  const fields: FieldPlace[] = [];
  for (let at = 0; at < Math.min(head.length, size); at = fields.at(-1)!.end) {
    try {
      fields.push(readHead(head, at));
    } catch {
      // A field whose head runs over the end of what was read is not at fault when the file goes on.
      return { fields, valid: head.length < size && at > head.length - MAX_HEAD, missing: 0 };
    }
    const missing = fields.at(-1)!.end - size;
    if (missing > 0) return { fields, valid: false, missing };
  }
  return { fields, valid: fields.length > 0, missing: 0 };
}

/** More than any name or shape; what is larger is weights. */
const LARGE_BYTES = 1 << 16;
const CHUNK = 1 << 20;

/**
 * Reads a file that is one message without its weights: a field larger than 64 KB is empty in the message that comes back, unless its
 * definition says that it is a message too, so that memory does not grow with the weights.
 * @throws WireError when the bytes are not a whole message
 */
export async function readSkeleton(path: string, type: Type): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    return Buffer.concat(await skeletonOf(new Window(file), 0, size, type));
  } finally {
    await file.close();
  }
}

async function skeletonOf(window: Window, start: number, end: number, type: Type): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = [];
  for (let at = start; at < end;) {
    const field = readHead(await window.bytes(at, Math.min(MAX_HEAD, end - at)), 0, at - start);
    const [content, next] = [at + field.start, at + field.end];
    if (next > end)
      throw new WireError(
        `field ${field.number} at byte ${at - start} needs ${next - content} bytes, ${end - content} are left`,
      );
    if (next - at <= LARGE_BYTES) parts.push(await window.bytes(at, next - at));
    else {
      const definition = type.fieldsById[field.number]?.resolve();
      const isMessage = definition?.resolvedType instanceof Type && !definition.map;
      const kept = isMessage ? await skeletonOf(window, content, next, definition.resolvedType as Type) : [];
      parts.push(fieldHead(field.number, lengthOf(kept)));
      for (const part of kept) parts.push(part);
    }
    at = next;
  }
  return parts;
}

export const lengthOf = (parts: readonly Uint8Array[]): number => parts.reduce((sum, { length }) => sum + length, 0);

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
