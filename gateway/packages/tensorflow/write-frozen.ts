import { open } from 'node:fs/promises';
import { fieldHead } from '../../triton/protocol';
import { lengthOf } from '../formats/wire';
import type { FrozenGraph, FrozenNode } from './freeze';
import { encodeNodes, encodeTensorFlow, type CheckpointGraph } from './graph';
import type { BundleEntry, TensorBundle } from './tensor-bundle';

/** Protobuf reads no message of 2 GiB or more, and a frozen graph is one message. */
export const MAX_GRAPH_BYTES = 2 ** 31 - 1;

/** Numbers of the fields around the content of a constant (protos/tensorflow.proto), from the outside in. */
const FIELDS = { node: 1, attr: 5, value: 2, tensor: 8, content: 4 };

/** Bytes of the graph, and where a tensor's data comes in between. */
type Piece = Uint8Array | BundleEntry;

const isBytes = (piece: Piece): piece is Uint8Array => piece instanceof Uint8Array;

/**
 * Writes a frozen graph; the values of its variables go from file to file in pieces, so that memory does not grow with them.
 * @throws Error when the graph would be too large for TensorFlow, or data of the checkpoint is damaged; the file is to be thrown away then
 */
export async function writeFrozenGraph(
  path: string,
  { nodes, callsFunctions }: FrozenGraph,
  { library, versions }: CheckpointGraph,
  bundle: TensorBundle,
): Promise<void> {
  const tail = encodeTensorFlow('CheckpointGraph', { library: callsFunctions ? library : undefined, versions });
  const pieces: Piece[] = [...nodes.flatMap(piecesOf), tail];
  const total = pieces.reduce((sum, piece) => sum + (isBytes(piece) ? piece.length : piece.size), 0);
  if (total > MAX_GRAPH_BYTES) {
    throw new Error(
      `as one frozen graph it has ${total} bytes, and TensorFlow reads no graph above ${MAX_GRAPH_BYTES}; export it as a SavedModel, which keeps its variables beside the graph`,
    );
  }
  const file = await open(path, 'wx');
  try {
    for (const piece of joined(pieces)) {
      if (isBytes(piece)) await file.writeFile(piece);
      else for await (const chunk of bundle.read(piece)) await file.writeFile(chunk);
    }
  } finally {
    await file.close();
  }
}

function piecesOf({ node, entry }: FrozenNode): Piece[] {
  if (!entry) return [encodeNodes(node)];
  const wrapped = (number: number, ...inner: Uint8Array[]) => [
    fieldHead(number, lengthOf(inner) + entry.size),
    ...inner,
  ];
  const type = encodeTensorFlow('TensorProto', { dtype: entry.dtype, tensor_shape: entry.shape });
  const tensor = wrapped(FIELDS.tensor, type, fieldHead(FIELDS.content, entry.size));
  const key = Buffer.from('value');
  const attribute = wrapped(FIELDS.attr, fieldHead(1, key.length), key, ...wrapped(FIELDS.value, ...tensor));
  return [Buffer.concat(wrapped(FIELDS.node, encodeTensorFlow('NodeDef', node), ...attribute)), entry];
}

/** Neighbouring small pieces as one: a graph has thousands of nodes. */
function* joined(pieces: readonly Piece[]): Generator<Piece> {
  let small: Uint8Array[] = [];
  let length = 0;
  for (const piece of pieces) {
    if (isBytes(piece)) length += small[small.push(piece) - 1].length;
    if (isBytes(piece) && length < 1 << 20) continue;
    yield Buffer.concat(small);
    [small, length] = [[], 0];
    if (!isBytes(piece)) yield piece;
  }
  yield Buffer.concat(small);
}
