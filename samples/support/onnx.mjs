import { Buffer } from 'node:buffer';

// As much of ONNX (onnx.proto3, IR version 8) as the models of samples and benchmarks need.

export const FLOAT = 1;
export const INT = 2;
export const INTS = 7;

export function node(type, inputs, output, ...attributes) {
  return message(1, ...inputs.map((name) => text(1, name)), text(2, output), text(4, type), ...attributes);
}

/** A ValueInfoProto of FP32; axes that are text are free. */
export function tensor(field, name, axes) {
  const dims = axes.map((axis) => message(1, typeof axis === 'number' ? integer(1, axis) : text(2, axis)));
  return message(field, text(1, name), message(2, message(1, integer(1, FLOAT), message(2, ...dims))));
}

export function floatBytes(value) {
  const buffer = Buffer.alloc(4);
  buffer.writeFloatLE(value);
  return buffer;
}

function varint(value) {
  const list = [];
  for (; value > 127; value >>>= 7) list.push((value & 127) | 128);
  return Buffer.from([...list, value]);
}

export function integer(field, value) {
  return Buffer.concat([varint(field << 3), varint(value)]);
}

export function bytes(field, content) {
  return Buffer.concat([varint((field << 3) | 2), varint(content.length), content]);
}

export function text(field, value) {
  return bytes(field, Buffer.from(value));
}

export function message(field, ...content) {
  return bytes(field, Buffer.concat(content));
}

/** A ModelProto of a GraphProto's fields, opset 17. */
export function modelOf(graph) {
  return Buffer.concat([integer(1, 8), message(7, ...graph), message(8, text(1, ''), integer(2, 17))]);
}
