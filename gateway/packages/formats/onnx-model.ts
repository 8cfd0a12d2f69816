import type { LargeMessages } from './message-skeleton';
import type { FileTensor, ModelIo } from '../model-io';
import { GRAPH, GRAPH_MESSAGES, graphFacts, type ExternalFile } from './onnx-graph';
import { integerField, subMessage, subMessages, textField, WireError } from './wire-format';

/** What the gateway needs to know of an ONNX file. */
export interface OnnxModel extends ModelIo {
  /** For example `pytorch 1.13.0`. */
  producer: string;
  /** Operator sets by domain; the default domain is `''`. */
  opsets: { domain: string; version: number }[];
  /** Files with weights that lie beside the model. */
  externalFiles: ExternalFile[];
  /** Nodes whose answers differ from call to call. */
  trainingNodes: string[];
}

/** Field numbers of onnx.proto (github.com/onnx/onnx/blob/main/onnx/onnx.proto). */
const MODEL = { irVersion: 1, producerName: 2, producerVersion: 3, graph: 7, opsetImport: 8 };
const TENSOR_NAME = 8;
const SPARSE_VALUES = 1;

/** What may be large in a model besides weights. */
export const ONNX_MESSAGES: LargeMessages = { [MODEL.graph]: GRAPH_MESSAGES };

/** ONNX's element types (onnx.proto, TensorProto.DataType) as Triton calls them. */
// prettier-ignore
const elementTypes: Record<number, string> = {
  1: 'FP32', 2: 'UINT8', 3: 'INT8', 4: 'UINT16', 5: 'INT16', 6: 'INT32', 7: 'INT64', 8: 'STRING', 9: 'BOOL',
  10: 'FP16', 11: 'FP64', 12: 'UINT32', 13: 'UINT64', 16: 'BF16',
};

/**
 * Reads inputs, outputs and operator sets of an ONNX file; weights are stepped over.
 * @throws Error `not an ONNX model: ...`
 */
export function readOnnxModel(file: Uint8Array): OnnxModel {
  try {
    return readModel(file);
  } catch (error) {
    if (error instanceof WireError) throw new Error(`not an ONNX model: ${error.message}`, { cause: error });
    throw error;
  }
}

function readModel(file: Uint8Array): OnnxModel {
  const graph = file.length > 0 ? subMessage(file, MODEL.graph) : undefined;
  if (!graph) throw new WireError(file.length > 0 ? 'it has no graph' : 'it is empty');
  const weights = weightNames(graph);
  const inputs = [...subMessages(graph, GRAPH.input)].map(readTensor).filter(({ name }) => !weights.has(name));
  const outputs = [...subMessages(graph, GRAPH.output)].map(readTensor);
  if (outputs.length === 0) throw new WireError('its graph has no outputs');
  return {
    producer: `${textField(file, MODEL.producerName)} ${textField(file, MODEL.producerVersion)}`.trim(),
    opsets: [...subMessages(file, MODEL.opsetImport)].map((opset) => ({
      domain: textField(opset, 1),
      version: integerField(opset, 2) ?? 0,
    })),
    inputs,
    outputs,
    ...graphFacts(graph),
  };
}

/** Names of the initializers: old exporters list them among the inputs too. */
function weightNames(graph: Uint8Array): Set<string> {
  const dense = [...subMessages(graph, GRAPH.initializer)];
  const sparse = [...subMessages(graph, GRAPH.sparseInitializer)].flatMap(
    (tensor) => subMessage(tensor, SPARSE_VALUES) ?? [],
  );
  return new Set([...dense, ...sparse].map((tensor) => textField(tensor, TENSOR_NAME)));
}

/** ValueInfoProto: name 1, type 2 → TypeProto: tensor_type 1 → elem_type 1, shape 2. */
function readTensor(value: Uint8Array): FileTensor {
  const name = textField(value, 1);
  const type = subMessage(value, 2);
  const tensor = type && subMessage(type, 1);
  if (!tensor) return { name };
  const dataType = elementTypes[integerField(tensor, 1) ?? 0];
  const shape = subMessage(tensor, 2);
  return { name, dataType: dataType && `TYPE_${dataType}`, dims: shape && [...subMessages(shape, 1)].map(readAxis) };
}

/** Dimension: dim_value 1, or dim_param 2, a name for a free axis. */
function readAxis(dimension: Uint8Array): number {
  const size = integerField(dimension, 1);
  return size !== undefined && size > 0 ? size : -1;
}
