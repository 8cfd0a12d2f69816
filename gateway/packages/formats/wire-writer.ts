/** Protobuf's wire format, written: the other direction of `wire-format.ts`. */
export function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

/** A varint field; also enums and booleans. */
export const integerBytes = (number: number, value: number | bigint): Buffer =>
  Buffer.concat([varint(number << 3), varint(value)]);

/** What stands before the content of a field with a length. */
export const lengthPrefix = (number: number, length: number): Buffer =>
  Buffer.concat([varint((number << 3) | 2), varint(length)]);

/** A submessage, text or byte string. */
export function lengthDelimited(number: number, ...content: (Uint8Array | string)[]): Buffer {
  const parts = content.map((part) => (typeof part === 'string' ? Buffer.from(part) : part));
  return Buffer.concat([
    lengthPrefix(
      number,
      parts.reduce((sum, { length }) => sum + length, 0),
    ),
    ...parts,
  ]);
}
