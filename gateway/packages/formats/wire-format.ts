/** One field of a protobuf message: its number and its value, a number for varints and a slice (no copy) for everything with a length. */
export type WireField = {
  number: number;
  /** Place behind the field. */
  end: number;
} & ({ wire: 'varint'; value: bigint } | { wire: 'bytes'; value: Uint8Array } | { wire: 'fixed'; value: Uint8Array });

export class WireError extends Error {
  override readonly name = 'WireError';
}

/**
 * Walks the fields of a protobuf message (wire format of protobuf.dev "Encoding"). Contents of submessages and byte strings are not
 * touched, so weights cost nothing.
 * @throws WireError when the bytes are not a whole message
 */
export function* readFields(message: Uint8Array): Generator<WireField> {
  let at = 0;
  while (at < message.length) {
    const [tag, afterTag] = readVarint(message, at);
    const number = Number(tag >> 3n);
    const wire = Number(tag & 7n);
    if (number < 1 || number > 0x1fffffff) throw new WireError(`field number ${number} at byte ${at}`);
    if (wire === 0) {
      const [value, next] = readVarint(message, afterTag);
      yield { number, end: next, wire: 'varint', value };
      at = next;
    } else if (wire === 2) {
      const [length, start] = readVarint(message, afterTag);
      const end = start + Number(length);
      if (end > message.length)
        throw new WireError(`field ${number} at byte ${at} needs ${length} bytes, ${message.length - start} are left`);
      yield { number, end, wire: 'bytes', value: message.subarray(start, end) };
      at = end;
    } else if (wire === 1 || wire === 5) {
      const end = afterTag + (wire === 1 ? 8 : 4);
      if (end > message.length) throw new WireError(`field ${number} at byte ${at} is cut off`);
      yield { number, end, wire: 'fixed', value: message.subarray(afterTag, end) };
      at = end;
    } else throw new WireError(`wire type ${wire} at byte ${at}`);
  }
}

/** The submessages (or byte strings) with field number `number`. */
export function* subMessages(message: Uint8Array, number: number): Generator<Uint8Array> {
  for (const field of readFields(message)) if (field.number === number && field.wire === 'bytes') yield field.value;
}

/** The last submessage with this number, as protobuf reads a repeated singular field. */
export function subMessage(message: Uint8Array, number: number): Uint8Array | undefined {
  return [...subMessages(message, number)].at(-1);
}

/** A text field, or `''`. */
export function textField(message: Uint8Array, number: number): string {
  const bytes = subMessage(message, number);
  return bytes ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8') : '';
}

/** A signed 64-bit varint field, or undefined. */
export function integerField(message: Uint8Array, number: number): number | undefined {
  let found: number | undefined;
  for (const field of readFields(message)) {
    if (field.number === number && field.wire === 'varint') found = Number(BigInt.asIntN(64, field.value));
  }
  return found;
}

/** What can be told of a message from its first bytes: the fields whose headers lie in them. */
export interface MessageOutline {
  fields: { number: number; wire: number; start: number; length: number }[];
  /** Every header seen is well formed, and none reaches beyond the file. */
  valid: boolean;
  /** Bytes by which the last field passes the end of the file; 0 when it does not. */
  missing: number;
}

/** Outline of a message of `size` bytes of which only `head` was read. */
export function outlineMessage(head: Uint8Array, size: number): MessageOutline {
  const fields: MessageOutline['fields'] = [];
  let at = 0;
  try {
    while (at < Math.min(head.length, size)) {
      const [tag, afterTag] = readVarint(head, at);
      const number = Number(tag >> 3n);
      const wire = Number(tag & 7n);
      if (number < 1 || ![0, 1, 2, 5].includes(wire)) return { fields, valid: false, missing: 0 };
      const [length, start] = wire === 2 ? readVarint(head, afterTag) : [0n, afterTag];
      const end =
        wire === 0 ? readVarint(head, afterTag)[1] : start + (wire === 1 ? 8 : wire === 5 ? 4 : Number(length));
      fields.push({ number, wire, start, length: end - start });
      if (end > size) return { fields, valid: false, missing: end - size };
      at = end;
    }
  } catch (error) {
    // A varint that runs over the end of the head is no fault of the file's when the file goes on.
    return { fields, valid: error instanceof WireError && head.length < size && at > head.length - 20, missing: 0 };
  }
  return { fields, valid: fields.length > 0, missing: 0 };
}

/** A base-128 number and the place behind it. @throws WireError */
export function readVarint(bytes: Uint8Array, start: number): [value: bigint, next: number] {
  let value = 0n;
  for (let at = start, shift = 0n; at < bytes.length && shift < 70n; at++, shift += 7n) {
    value |= BigInt(bytes[at] & 0x7f) << shift;
    if (bytes[at] < 0x80) return [value, at + 1];
  }
  throw new WireError(`a number at byte ${start} does not end`);
}
