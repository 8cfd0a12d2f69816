/** A small protobuf writer, so that tests can build model files by hand. */
export const varint = (value: number | bigint): Buffer => {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
};

export const integer = (number: number, value: number | bigint): Buffer =>
  Buffer.concat([varint(number << 3), varint(value)]);

export const bytes = (number: number, value: Buffer | string): Buffer => {
  const content = Buffer.from(value);
  return Buffer.concat([varint((number << 3) | 2), varint(content.length), content]);
};

export const message = (number: number, ...fields: Buffer[]): Buffer => bytes(number, Buffer.concat(fields));

/** A ValueInfoProto: number in the graph (11 input, 12 output), element type, axes (text = free, null = no shape at all). */
export function value(number: number, name: string, type: number, axes: (number | string)[] | null): Buffer {
  const dims = (axes ?? []).map((axis) => message(1, typeof axis === 'number' ? integer(1, axis) : bytes(2, axis)));
  const shape = axes ? [message(2, ...dims)] : [];
  return message(number, bytes(1, name), message(2, message(1, integer(1, type), ...shape)));
}

/** A whole ModelProto around the parts of a graph. */
export function onnx(...graph: Buffer[]): Buffer {
  return Buffer.concat([
    integer(1, 8),
    bytes(2, 'tests'),
    message(7, message(1, bytes(4, 'Identity')), ...graph),
    message(8, bytes(1, ''), integer(2, 17)),
  ]);
}
