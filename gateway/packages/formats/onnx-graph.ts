import type { LargeMessages } from './message-skeleton';
import { integerField, readFields, subMessage, subMessages, textField } from './wire-format';

/** Field numbers of onnx.proto (github.com/onnx/onnx/blob/main/onnx/onnx.proto). */
export const GRAPH = { node: 1, initializer: 5, input: 11, output: 12, sparseInitializer: 15 };
const NODE = { input: 1, output: 2, name: 3, operator: 4, attribute: 5 };
const ATTRIBUTE = { name: 1, integer: 3, tensor: 5, graph: 6, tensors: 10, graphs: 11, sparse: 22 };
const TENSOR = { int32Data: 5, name: 8, rawData: 9, externalData: 13 };
const SPARSE = { values: 1, indices: 2 };

const SPARSE_MESSAGES: LargeMessages = { [SPARSE.values]: {}, [SPARSE.indices]: {} };
const ATTRIBUTE_MESSAGES: Record<number, LargeMessages> = { [ATTRIBUTE.tensor]: {}, [ATTRIBUTE.tensors]: {} };
/** What may be large in a graph besides weights. */
export const GRAPH_MESSAGES: LargeMessages = {
  [GRAPH.node]: { [NODE.attribute]: ATTRIBUTE_MESSAGES },
  [GRAPH.initializer]: {},
  [GRAPH.sparseInitializer]: SPARSE_MESSAGES,
};
// The branches of an If and the body of a Loop are graphs again.
ATTRIBUTE_MESSAGES[ATTRIBUTE.graph] = ATTRIBUTE_MESSAGES[ATTRIBUTE.graphs] = GRAPH_MESSAGES;

/** A file beside the model in which weights lie. */
export interface ExternalFile {
  /** Relative to the folder of the model. */
  location: string;
  /** Bytes that the model reads of it, from its start; 0 where the model does not tell. */
  bytes: number;
}

/** What was seen in a graph and in the graphs inside it. */
export interface GraphFacts {
  externalFiles: ExternalFile[];
  /** Nodes that draw random numbers or learn while they run, as `RandomNormalLike "name"`. */
  trainingNodes: string[];
}

/** Files with weights that lie beside the model, and nodes whose answers differ from call to call. */
export function graphFacts(graph: Uint8Array): GraphFacts {
  const files = new Map<string, number>();
  const trainingNodes: string[] = [];
  walk(graph);
  return { externalFiles: [...files].map(([location, bytes]) => ({ location, bytes })), trainingNodes };

  function walk(inner: Uint8Array): void {
    const flags = new Map<string, boolean>();
    for (const tensor of subMessages(inner, GRAPH.initializer)) {
      addExternal(tensor, files);
      flags.set(textField(tensor, TENSOR.name), isTrue(tensor));
    }
    for (const sparse of subMessages(inner, GRAPH.sparseInitializer)) addSparse(sparse);
    for (const node of subMessages(inner, GRAPH.node)) {
      const attributes = [...subMessages(node, NODE.attribute)];
      for (const attribute of attributes) {
        for (const field of [ATTRIBUTE.tensor, ATTRIBUTE.tensors])
          for (const tensor of subMessages(attribute, field)) {
            addExternal(tensor, files);
            flags.set(textField(node, NODE.output), isTrue(tensor));
          }
        for (const sparse of subMessages(attribute, ATTRIBUTE.sparse)) addSparse(sparse);
        for (const field of [ATTRIBUTE.graph, ATTRIBUTE.graphs])
          for (const branch of subMessages(attribute, field)) walk(branch);
      }
      if (isTraining(node, attributes, flags)) trainingNodes.push(describe(node));
    }
  }

  function addSparse(sparse: Uint8Array): void {
    for (const part of [SPARSE.values, SPARSE.indices])
      for (const tensor of subMessages(sparse, part)) addExternal(tensor, files);
  }
}

function addExternal(tensor: Uint8Array, files: Map<string, number>): void {
  const entries = new Map([...subMessages(tensor, TENSOR.externalData)].map((entry) => [textField(entry, 1), textField(entry, 2)])); // prettier-ignore
  const location = entries.get('location');
  if (location === undefined) return;
  const end = Number(entries.get('offset') ?? 0) + Number(entries.get('length') ?? 0);
  files.set(location, Math.max(files.get(location) ?? 0, Number.isSafeInteger(end) ? end : 0));
}

const DRAWING = /^(RandomNormal|RandomNormalLike|RandomUniform|RandomUniformLike|Bernoulli|Multinomial)$/;

/** Dropout asks its third input since operator set 12, BatchNormalization an attribute since 14. */
function isTraining(node: Uint8Array, attributes: readonly Uint8Array[], flags: Map<string, boolean>): boolean {
  const operator = textField(node, NODE.operator);
  if (DRAWING.test(operator)) return true;
  if (operator === 'Dropout') {
    const [, , training] = [...subMessages(node, NODE.input)].map((name) => Buffer.from(name).toString('utf8'));
    return flags.get(training) === true;
  }
  const mode = attributes.find((attribute) => textField(attribute, ATTRIBUTE.name) === 'training_mode');
  return operator === 'BatchNormalization' && mode !== undefined && integerField(mode, ATTRIBUTE.integer) === 1;
}

/** The value of a single flag, in either of the places where ONNX keeps it. */
function isTrue(tensor: Uint8Array): boolean {
  const raw = subMessage(tensor, TENSOR.rawData);
  if (raw) return raw.length === 1 && raw[0] !== 0;
  for (const field of readFields(tensor)) {
    if (field.number !== TENSOR.int32Data) continue;
    return field.wire === 'varint' ? field.value !== 0n : field.value.length === 1 && field.value[0] !== 0;
  }
  return false;
}

const describe = (node: Uint8Array) =>
  `${textField(node, NODE.operator)} "${textField(node, NODE.name) || textField(node, NODE.output)}"`;
