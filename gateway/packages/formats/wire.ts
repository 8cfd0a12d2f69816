import { open, type FileHandle } from 'node:fs/promises';
import { Reader, Type, types, type Field } from 'protobufjs';
import { messageOf } from '../../errors';
import { fieldHead } from '../../triton/protocol';
import { readAt } from '../read-at';

/** Bytes that are not a whole message of protobuf. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

/** Messages within each other: the default recursion limit of protobuf for C++, with which Triton reads networks. */
const DEEPEST = 100;
/** Fields of one message and of those in it, and numbers of their lists; networks have up to a million. Each takes some hundred bytes when it is read. */
const MOST_FIELDS = 4_000_000;
/** Of what is read of a file without its weights. */
const MOST_BYTES = 256 << 20;

const tooDeep = (at: number) =>
  new WireError(
    `its messages lie in each other more than ${DEEPEST} deep at byte ${at}, which Triton does not read; each If, Loop or Scan of ONNX within another is three of them`,
  );
const tooMany = (what: string) =>
  new WireError(`without its weights it has more than ${what}, and no network needs so many`);

/**
 * Fields with their names in the definition; what is absent has its default, an absent message is null.
 * @throws WireError, before memory is taken for a message of too many fields
 */
export function decodeMessage<T>(type: Type, bytes: Uint8Array): T {
  try {
    countFields(Reader.create(bytes), bytes.length, type, 0, 0);
    return type.toObject(type.decode(bytes), { longs: Number, defaults: true, arrays: true, objects: true }) as T;
  } catch (error) {
    if (error instanceof WireError) throw error;
    throw new WireError(messageOf(error), { cause: error });
  }
}

/** Counts on from `seen` what there is up to `end`. @throws WireError where that or its depth is too much */
function countFields(
  reader: Reader,
  end: number,
  type: Type | undefined,
  depth: number,
  seen: number,
  entry?: Type,
): number {
  if (depth > DEEPEST) throw tooDeep(reader.pos);
  while (reader.pos < end) {
    const tag = reader.uint32();
    const [number, wire] = [tag >>> 3, tag & 7];
    if (++seen > MOST_FIELDS) throw tooMany(`${MOST_FIELDS} fields`);
    const field: Field | undefined = type?.fieldsById[number]?.resolve();
    const inner = entry ? number === 2 && entry : field?.resolvedType instanceof Type && field.resolvedType;
    if (
      wire !== 2 ||
      !(inner || (field?.repeated && types.packed[field.type as keyof typeof types.packed] !== undefined))
    ) {
      reader.skipType(wire);
      continue;
    }
    const length = reader.uint32();
    const stop = reader.pos + length;
    if (!inner) {
      reader.skip(length);
      seen += length;
    } else if (field?.map) seen = countFields(reader, stop, undefined, depth, seen, inner);
    else seen = countFields(reader, stop, inner, depth + 1, seen);
  }
  return seen;
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
const LONGEST_RUN = CHUNK / 2;

/**
 * Reads a file that is one message without its weights: a field larger than 64 KB is empty in the message that comes back, unless its
 * definition says that it is a message too, so that memory does not grow with the weights.
 * @throws WireError when the bytes are not a whole message
 */
export async function readSkeleton(path: string, type: Type): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    return Buffer.concat(await skeletonOf(new Window(file), 0, size, type, 0));
  } finally {
    await file.close();
  }
}

async function skeletonOf(
  window: Window,
  start: number,
  end: number,
  type: Type,
  depth: number,
): Promise<Uint8Array[]> {
  if (depth > DEEPEST) throw tooDeep(start);
  const parts: Uint8Array[] = [];
  // Where the small fields begin that go as one part.
  let run = start;
  const keep = async (to: number) => {
    if ((window.kept += to - run) > MOST_BYTES) throw tooMany(`${MOST_BYTES} bytes`);
    if (to > run) parts.push(await window.bytes(run, to - run));
  };
  for (let at = start; at < end;) {
    const ahead = Math.min(MAX_HEAD, end - at);
    const field = readHead(window.here(at, ahead) ?? (await window.bytes(at, ahead)), 0, at - start);
    const [content, next] = [at + field.start, at + field.end];
    if (next > end)
      throw new WireError(
        `field ${field.number} at byte ${at - start} needs ${next - content} bytes, ${end - content} are left`,
      );
    if (++window.fields > MOST_FIELDS) throw tooMany(`${MOST_FIELDS} fields`);
    if (next - at > LARGE_BYTES) {
      await keep(at);
      const definition = type.fieldsById[field.number]?.resolve();
      const inner = !definition?.map && definition?.resolvedType;
      const kept = inner instanceof Type ? await skeletonOf(window, content, next, inner, depth + 1) : [];
      parts.push(fieldHead(field.number, lengthOf(kept)));
      for (const part of kept) parts.push(part);
      run = next;
    } else if (next - run > LONGEST_RUN) {
      await keep(at);
      run = at;
    }
    at = next;
  }
  await keep(end);
  return parts;
}

export const lengthOf = (parts: readonly Uint8Array[]): number => parts.reduce((sum, { length }) => sum + length, 0);

/** A part of a file that moves along as it is read. */
class Window {
  /** How many fields and bytes were taken from it. */
  fields = 0;
  kept = 0;
  private start = 0;
  private buffer: Buffer = Buffer.alloc(0);

  constructor(private readonly file: FileHandle) {}

  /** The bytes where they are in the window, for a moment. */
  here(position: number, length: number): Buffer | undefined {
    const from = position - this.start;
    return from >= 0 && from + length <= this.buffer.length ? this.buffer.subarray(from, from + length) : undefined;
  }

  /** A copy of at most {@link CHUNK} bytes: a view would keep the whole window. */
  async bytes(position: number, length: number): Promise<Buffer> {
    let bytes = this.here(position, length);
    if (!bytes) {
      this.buffer = await readAt(this.file, position, CHUNK);
      this.start = position;
      bytes = this.buffer.subarray(0, length);
    }
    return Buffer.from(bytes);
  }
}
