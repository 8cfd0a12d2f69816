import { messageType } from '../../triton/protocol';
import { decodeMessage, readSkeleton } from '../formats/wire';

// Messages as protos/tensorflow.proto declares them.
export interface GraphNode {
  name: string;
  op: string;
  /** `node`, `node:1` for its second output, `^node` for "after node". */
  input: string[];
  /** AttrValue messages by name, encoded. */
  attr: Record<string, Uint8Array>;
}

export interface GraphDef {
  node: GraphNode[];
  library: { function: { node_def: GraphNode[] }[] } | null;
}

/** The graph of a checkpoint: its nodes, and encoded what a frozen graph may take over. */
export interface CheckpointGraph {
  node: GraphNode[];
  library: Uint8Array;
  versions: Uint8Array;
}

export interface Shape {
  dim: { size: number }[];
  unknown_rank: boolean;
}

interface AttrValue {
  s: Uint8Array;
  b: boolean;
  type: number;
  shape: Shape | null;
  func: object | null;
}

/** The name by which a config calls an end of its network: `node` or `node:0`. */
export interface GraphEnds {
  inputs: readonly string[];
  outputs: readonly string[];
}

const proto = (name: string) => messageType('tensorflow.proto', name);

/** @throws WireError */
export const decodeTensorFlow = <T>(name: string, bytes: Uint8Array): T => decodeMessage<T>(proto(name), bytes);
export const encodeTensorFlow = (name: string, value: object): Uint8Array => proto(name).encode(value).finish();

/** A message in a file, without its weights. @throws WireError */
export const openTensorFlow = async <T>(name: string, path: string): Promise<T> =>
  decodeTensorFlow(name, await readSkeleton(path, proto(name)));

/** The nodes of a graph, encoded as a part of it. */
export const encodeNodes = (...node: GraphNode[]): Uint8Array => encodeTensorFlow('GraphDef', { node });

export const typeValue = (type: number): Uint8Array => encodeTensorFlow('AttrValue', { type });

export const attributeOf = ({ attr }: GraphNode, name: string): AttrValue | undefined =>
  attr[name] && decodeTensorFlow<AttrValue>('AttrValue', attr[name]);

/** Number of types.proto, 0 where the attribute is missing. */
export const typeOf = (node: GraphNode, attribute: string): number => attributeOf(node, attribute)?.type ?? 0;

/** Axes of a `shape` attribute, -1 for free ones; undefined where even their number is open. */
export const shapeOf = (node: GraphNode): number[] | undefined => dimsOf(attributeOf(node, 'shape')?.shape);

export const dimsOf = (shape: Shape | null | undefined): number[] | undefined =>
  shape && !shape.unknown_rank ? shape.dim.map(({ size }) => size) : undefined;

/** Whether an attribute names a function of the graph's library. */
export const callsFunction = (node: GraphNode): boolean =>
  Object.keys(node.attr).some((name) => attributeOf(node, name)?.func);

/** A constant; `content` in the machine's own byte order, which TensorFlow writes. */
export function constantNode(name: string, type: number, content: Uint8Array): GraphNode {
  const tensor = { dtype: type, tensor_shape: {}, tensor_content: content };
  return {
    name,
    op: 'Const',
    input: [],
    attr: { dtype: typeValue(type), value: encodeTensorFlow('AttrValue', { tensor }) },
  };
}

/** `^a`, `a:1` → `a`. */
export const nodeOf = (input: string): string => input.replace(/^\^/, '').replace(/:\d+$/, '');

/** TensorFlow's element types (tensorflow/core/framework/types.proto): Triton's name and bytes of one element. */
// prettier-ignore
const table: Record<number, [triton: string, bytes: number]> = {
  1: ['FP32', 4], 2: ['FP64', 8], 3: ['INT32', 4], 4: ['UINT8', 1], 5: ['INT16', 2], 6: ['INT8', 1], 7: ['STRING', 0], 9: ['INT64', 8],
  10: ['BOOL', 1], 14: ['BF16', 2], 17: ['UINT16', 2], 19: ['FP16', 2], 22: ['UINT32', 4], 23: ['UINT64', 8],
};

export const FLOAT = 1;
export const DOUBLE = 2;
export const BOOL = 10;
export const HALF = 19;
/** A handle of a variable (`VarHandleOp`). */
export const RESOURCE = 20;
/** Types of references to variables are those of their values plus this. */
const REFERENCE = 100;

/** `TYPE_FP32`; undefined for types that Triton has not. */
export const tritonType = (type: number): string | undefined => table[type] && `TYPE_${table[type][0]}`;

/** Undefined for strings and types that are not plain numbers. */
export const elementBytes = (type: number): number | undefined => table[type]?.[1] || undefined;

export const withoutReference = (type: number): number => (type > REFERENCE ? type - REFERENCE : type);
