import { messageType } from '../../triton/protocol';
import { onnxOperators } from '../operators/known-operators';
import type { FileTensor, ModelIo } from '../model-file-format';
import { decodeMessage, readSkeleton, WireError } from './wire';

/** A file beside the model in which weights lie. */
export interface ExternalFile {
  /** Relative to the folder of the model. */
  location: string;
  /** Bytes that the model reads of it, from its start; 0 where the model does not tell. */
  bytes: number;
}

/** The facts that the gateway needs of an ONNX file. */
export interface OnnxModel extends ModelIo {
  /** Files with weights that lie beside the model. */
  externalFiles: ExternalFile[];
  /** Nodes that draw random numbers or learn while they run, as `RandomNormalLike "name"`. */
  trainingNodes: string[];
  /** Operators that do more than compute, also in its functions and branches, as `com.acme::Read "name" (reads or writes files)`. */
  foreign: string[];
}

// As protos/onnx.proto declares them.
interface Graph {
  node: Node[];
  initializer: Tensor[];
  input: ValueInfo[];
  output: ValueInfo[];
  sparse_initializer: SparseTensor[];
}
interface ModelFunction {
  name: string;
  domain: string;
  node: Node[];
  attribute_proto: Attribute[];
}
interface Node {
  domain: string;
  input: string[];
  output: string[];
  name: string;
  op_type: string;
  attribute: Attribute[];
}
interface Attribute {
  name: string;
  i: number;
  t: Tensor | null;
  g: Graph | null;
  tensors: Tensor[];
  graphs: Graph[];
  sparse_tensor: SparseTensor | null;
}
interface Tensor {
  int32_data: number[];
  name: string;
  raw_data: Uint8Array;
  external_data: { key: string; value: string }[];
}
type SparseTensor = Record<'values' | 'indices', Tensor | null>;
interface ValueInfo {
  name: string;
  type: { tensor_type: { elem_type: number; shape: { dim: { dim_value: number }[] } | null } | null } | null;
}

/** ONNX's element types (onnx.proto, TensorProto.DataType) as Triton calls them. */
// prettier-ignore
const elementTypes: Record<number, string> = {
  1: 'FP32', 2: 'UINT8', 3: 'INT8', 4: 'UINT16', 5: 'INT16', 6: 'INT32', 7: 'INT64', 8: 'STRING', 9: 'BOOL',
  10: 'FP16', 11: 'FP64', 12: 'UINT32', 13: 'UINT64', 16: 'BF16',
};

const modelProto = () => messageType('onnx.proto', 'ModelProto');

/** {@link readOnnxModel} of a file, whose weights stay where they are. @throws Error `not an ONNX model: ...` */
export async function openOnnxModel(path: string): Promise<OnnxModel> {
  return readOnnxModel(await readSkeleton(path, modelProto()).catch(notOnnx));
}

/**
 * Reads inputs, outputs, operator sets and the files with weights of an ONNX model.
 * @throws Error `not an ONNX model: ...`
 */
export function readOnnxModel(file: Uint8Array): OnnxModel {
  try {
    const { graph, functions } = decodeMessage<{ graph: Graph | null; functions: ModelFunction[] }>(modelProto(), file);
    if (!graph) throw new WireError(file.length > 0 ? 'it has no graph' : 'it is empty');
    if (graph.output.length === 0) throw new WireError('its graph has no outputs');
    // Old exporters list the initializers among the inputs too.
    const weights = new Set([
      ...graph.initializer.map(({ name }) => name),
      ...graph.sparse_initializer.map(({ values }) => values?.name),
    ]);
    return {
      inputs: graph.input.filter(({ name }) => !weights.has(name)).map(tensorOf),
      outputs: graph.output.map(tensorOf),
      ...graphFacts(graph, functions),
    };
  } catch (error) {
    return notOnnx(error);
  }
}

function notOnnx(error: unknown): never {
  if (error instanceof WireError) throw new Error(`not an ONNX model: ${error.message}`, { cause: error });
  throw error;
}

function tensorOf({ name, type }: ValueInfo): FileTensor {
  if (!type?.tensor_type) return { name };
  const { elem_type, shape } = type.tensor_type;
  const dataType = elementTypes[elem_type];
  // A free axis has a name in place of a size, or 0 or -1.
  const dims = shape?.dim.map(({ dim_value: size }) => (size > 0 ? size : -1));
  return { name, dataType: dataType && `TYPE_${dataType}`, dims };
}

/**
 * Files with weights that lie beside the model, nodes whose answers differ from call to call, and operators that do more than compute; also in
 * the branches of an If or Loop, and in the model's own functions.
 */
function graphFacts(
  graph: Graph,
  functions: readonly ModelFunction[],
): Pick<OnnxModel, 'externalFiles' | 'trainingNodes' | 'foreign'> {
  const files = new Map<string, number>();
  const trainingNodes: string[] = [];
  const foreign: string[] = [];
  const own = new Set(functions.map(({ domain, name }) => `${plain(domain)}::${name}`));
  visit(graph, '');
  for (const { name, node, attribute_proto: attribute } of functions) {
    visitAttributes(attribute, '', new Map());
    visitNodes(node, ` in the function "${name}"`, new Map());
  }
  return { externalFiles: [...files].map(([location, bytes]) => ({ location, bytes })), trainingNodes, foreign };

  function visit({ initializer, sparse_initializer, node: nodes }: Graph, place: string): void {
    [...initializer, ...sparse_initializer.flatMap(partsOf)].forEach(addExternal);
    visitNodes(nodes, place, new Map(initializer.map((tensor) => [tensor.name, isTrue(tensor)])));
  }

  function visitNodes(nodes: readonly Node[], place: string, flags: Map<string, boolean>): void {
    for (const node of nodes) {
      const { op_type, attribute, output } = node;
      const domain = plain(node.domain);
      visitAttributes(attribute, place, flags, output[0]);
      const name = `"${node.name || output[0]}"`;
      if (isTraining(node, flags)) trainingNodes.push(`${op_type} ${name}`);
      if (!own.has(`${domain}::${op_type}`) && !onnxOperators.has(op_type, domain))
        foreign.push(onnxOperators.refusal(name + place, op_type, domain));
    }
  }

  function visitAttributes(
    attributes: readonly Attribute[],
    place: string,
    flags: Map<string, boolean>,
    output?: string,
  ): void {
    for (const { t, g, tensors, graphs, sparse_tensor } of attributes) {
      const all = t ? [t, ...tensors] : tensors;
      if (output !== undefined) for (const tensor of all) flags.set(output, isTrue(tensor));
      [...all, ...partsOf(sparse_tensor)].forEach(addExternal);
      for (const inner of g ? [g, ...graphs] : graphs) visit(inner, place);
    }
  }

  function addExternal({ external_data }: Tensor): void {
    const {
      location,
      offset = 0,
      length = 0,
    } = Object.fromEntries(external_data.map(({ key, value }) => [key, value]));
    if (location === undefined) return;
    const end = Number(offset) + Number(length);
    files.set(location, Math.max(files.get(location) ?? 0, Number.isSafeInteger(end) ? end : 0));
  }
}

/** The default domain has two names. */
const plain = (domain: string): string => (domain === 'ai.onnx' ? '' : domain);

const partsOf = (sparse: SparseTensor | null): Tensor[] => [sparse?.values ?? [], sparse?.indices ?? []].flat();

const DRAWING = /^(RandomNormal|RandomNormalLike|RandomUniform|RandomUniformLike|Bernoulli|Multinomial)$/;

/** Dropout asks its third input since operator set 12, BatchNormalization an attribute since 14. */
function isTraining({ op_type, input, attribute }: Node, flags: ReadonlyMap<string, boolean>): boolean {
  if (op_type === 'Dropout') return flags.get(input[2]) === true;
  if (op_type === 'BatchNormalization') return attribute.some(({ name, i }) => name === 'training_mode' && i === 1);
  return DRAWING.test(op_type);
}

/** The value of a single flag, in either of the places where ONNX keeps it. */
function isTrue({ raw_data, int32_data }: Tensor): boolean {
  const values = raw_data.length > 0 ? raw_data : int32_data;
  return values.length === 1 && values[0] !== 0;
}
