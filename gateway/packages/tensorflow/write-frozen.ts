import { open } from 'node:fs/promises';
import { integerBytes, lengthDelimited, lengthPrefix } from '../formats/wire-writer';
import type { FrozenGraph, FrozenNode } from './freeze';
import { ATTRIBUTE, attributeField, GRAPH, graphTail, NODE, nodeField, nodeHead, TENSOR, type Graph } from './graph';
import type { BundleEntry, TensorBundle } from './tensor-bundle';

/** Protobuf reads no message of 2 GiB or more, and a frozen graph is one message. */
export const MAX_GRAPH_BYTES = 2 ** 31 - 1;

/** Bytes of the graph, and where a tensor's data comes in between. */
type Piece = Buffer | BundleEntry;

/**
 * Writes a frozen graph; the values of its variables go from file to file in pieces, so that memory does not grow with them.
 * @throws Error when the graph would be too large for TensorFlow, or data of the checkpoint is damaged; the file is to be thrown away then
 */
export async function writeFrozenGraph(
  path: string,
  { nodes, callsFunctions }: FrozenGraph,
  graph: Graph,
  bundle: TensorBundle,
): Promise<void> {
  const pieces = [...nodes.flatMap(piecesOf), graphTail(graph, callsFunctions)];
  const total = pieces.reduce((sum, piece) => sum + (Buffer.isBuffer(piece) ? piece.length : piece.size), 0);
  if (total > MAX_GRAPH_BYTES) {
    throw new Error(
      `as one frozen graph it has ${total} bytes, and TensorFlow reads no graph above ${MAX_GRAPH_BYTES}; export it as a SavedModel, which keeps its variables beside the graph`,
    );
  }
  const file = await open(path, 'wx');
  try {
    for (const piece of joined(pieces)) {
      if (Buffer.isBuffer(piece)) await file.writeFile(piece);
      else for await (const chunk of bundle.read(piece)) await file.writeFile(chunk);
    }
  } finally {
    await file.close();
  }
}

function piecesOf({ node, entry }: FrozenNode): Piece[] {
  if (!entry) return [nodeField(node)];
  const contentHead = lengthPrefix(TENSOR.content, entry.size);
  const tensorHead = Buffer.concat([
    integerBytes(TENSOR.dtype, entry.dtype),
    lengthDelimited(TENSOR.shape, entry.shape),
    contentHead,
  ]);
  const tensor = wrapped(ATTRIBUTE.tensor, tensorHead, entry.size);
  const value = wrapped(2, tensor, entry.size);
  const attribute = wrapped(NODE.attribute, Buffer.concat([lengthDelimited(1, 'value'), value]), entry.size);
  const dtype = attributeField('dtype', node.attributes.get('dtype')!);
  return [wrapped(GRAPH.node, Buffer.concat([nodeHead(node), dtype, attribute]), entry.size), entry];
}

/** A field whose content is `head` and then `rest` more bytes. */
const wrapped = (number: number, head: Buffer, rest: number) =>
  Buffer.concat([lengthPrefix(number, head.length + rest), head]);

/** Neighbouring small pieces as one: a graph has thousands of nodes. */
function* joined(pieces: readonly Piece[]): Generator<Piece> {
  let small: Buffer[] = [];
  let length = 0;
  for (const piece of pieces) {
    if (Buffer.isBuffer(piece)) {
      small.push(piece);
      length += piece.length;
    }
    if (!Buffer.isBuffer(piece) || length > 1 << 20) {
      yield Buffer.concat(small);
      small = [];
      length = 0;
    }
    if (!Buffer.isBuffer(piece)) yield piece;
  }
  yield Buffer.concat(small);
}
