import type { LargeMessages } from '../formats/message-skeleton';
import { integerField, readFields, subMessage, subMessages, textField } from '../formats/wire-format';
import { integerBytes, lengthDelimited } from '../formats/wire-writer';

/** Field numbers of graph.proto, node_def.proto, attr_value.proto, tensor.proto and tensor_shape.proto of TensorFlow. */
const GRAPH = { node: 1, library: 2, versions: 4 };
const NODE = { name: 1, operator: 2, input: 3, attribute: 5 };
const ATTRIBUTE = { type: 6, shape: 7, tensor: 8, function: 10 };
const SHAPE = { dimension: 2, unknownRank: 3 };
const TENSOR = { dtype: 1, shape: 2, content: 4 };

const NODE_MESSAGES = { [NODE.attribute]: { 2: { [ATTRIBUTE.tensor]: {} } } };
/** What may be large in a graph besides weights: nodes, and those of functions (function.proto). */
export const GRAPH_MESSAGES: LargeMessages = {
  [GRAPH.node]: NODE_MESSAGES,
  [GRAPH.library]: { 1: { 3: NODE_MESSAGES } },
};

export interface GraphNode {
  name: string;
  operator: string;
  /** `node`, `node:1` for its second output, `^node` for "after node". */
  inputs: string[];
  /** AttrValue messages by name. */
  attributes: Map<string, Uint8Array>;
}

export interface Graph {
  nodes: GraphNode[];
  /** FunctionDefLibrary and VersionDef, as bytes. */
  library?: Uint8Array;
  versions?: Uint8Array;
}

/** @throws WireError */
export function readGraph(graphDef: Uint8Array): Graph {
  return {
    nodes: [...subMessages(graphDef, GRAPH.node)].map(readNode),
    library: subMessage(graphDef, GRAPH.library),
    versions: subMessage(graphDef, GRAPH.versions),
  };
}

export function readNode(node: Uint8Array): GraphNode {
  const read: GraphNode = { name: '', operator: '', inputs: [], attributes: new Map() };
  for (const field of readFields(node)) {
    if (field.wire !== 'bytes') continue;
    const { number, value } = field;
    if (number === NODE.name) read.name = text(value);
    if (number === NODE.operator) read.operator = text(value);
    if (number === NODE.input) read.inputs.push(text(value));
    if (number === NODE.attribute) read.attributes.set(textField(value, 1), subMessage(value, 2) ?? new Uint8Array());
  }
  return read;
}

const text = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');

/** The fields of a NodeDef without its attributes, and each attribute as a field of it. */
export const nodeHead = ({ name, operator, inputs }: Omit<GraphNode, 'attributes'>): Buffer =>
  Buffer.concat([
    lengthDelimited(NODE.name, name),
    lengthDelimited(NODE.operator, operator),
    ...inputs.map((input) => lengthDelimited(NODE.input, input)),
  ]);

export const attributeField = (name: string, value: Uint8Array): Buffer =>
  lengthDelimited(NODE.attribute, lengthDelimited(1, name), lengthDelimited(2, value));

/** A whole `node` field of a GraphDef. */
export const nodeField = (node: GraphNode): Buffer =>
  lengthDelimited(
    GRAPH.node,
    nodeHead(node),
    ...[...node.attributes].map(([name, value]) => attributeField(name, value)),
  );

/** What a GraphDef has behind its nodes. @param withLibrary whether a node calls a function of it */
export function graphTail({ library, versions }: Graph, withLibrary: boolean): Buffer {
  return Buffer.concat([
    library && withLibrary ? lengthDelimited(GRAPH.library, library) : Buffer.alloc(0),
    versions ? lengthDelimited(GRAPH.versions, versions) : Buffer.alloc(0),
  ]);
}

export const typeValue = (type: number): Buffer => integerBytes(ATTRIBUTE.type, type);

/** Number of types.proto, 0 where the attribute is missing. */
export function typeOf({ attributes }: GraphNode, attribute: string): number {
  const value = attributes.get(attribute);
  return (value && integerField(value, ATTRIBUTE.type)) || 0;
}

/** Axes of a `shape` attribute, -1 for free ones; undefined where even their number is open. */
export function shapeOf({ attributes }: GraphNode): number[] | undefined {
  const value = attributes.get('shape');
  const shape = value && subMessage(value, ATTRIBUTE.shape);
  if (!shape || integerField(shape, SHAPE.unknownRank)) return undefined;
  return [...subMessages(shape, SHAPE.dimension)].map((dimension) => integerField(dimension, 1) ?? 0);
}

/** Whether an attribute names a function of the graph's library. */
export const callsFunction = ({ attributes }: GraphNode): boolean =>
  [...attributes.values()].some((value) => subMessage(value, ATTRIBUTE.function) !== undefined);

/** A constant; `content` in the machine's own byte order, which TensorFlow writes. */
export function constantNode(name: string, type: number, content: Uint8Array, inputs: string[] = []): GraphNode {
  const tensor = lengthDelimited(
    ATTRIBUTE.tensor,
    integerBytes(TENSOR.dtype, type),
    lengthDelimited(TENSOR.shape),
    lengthDelimited(TENSOR.content, content),
  );
  return {
    name,
    operator: 'Const',
    inputs,
    attributes: new Map([
      ['dtype', typeValue(type)],
      ['value', tensor],
    ]),
  };
}

export { ATTRIBUTE, GRAPH, NODE, TENSOR };
