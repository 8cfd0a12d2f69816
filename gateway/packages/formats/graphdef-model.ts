import type { TritonModelConfig } from '../../triton/model-config';
import { didYouMean, nearNames } from '../../config/near-names';
import type { ModelSpec } from '../../model-spec';
import type { FileTensor } from '../model-io';
import { tritonType } from '../tensorflow/data-types';
import { integerField, subMessage, subMessages, textField, WireError } from './wire-format';

/** What a frozen TensorFlow graph tells of itself: a graph has no list of outputs, any node may be one. */
export interface GraphNodes {
  /** Nodes that are fed. */
  placeholders: FileTensor[];
  /** All nodes, in the order of the file. */
  names: string[];
  /** Nodes that draw random numbers, as `RandomUniform "name"`. */
  drawing: string[];
}

/** Field numbers of graph.proto, node_def.proto, attr_value.proto and tensor_shape.proto (github.com/tensorflow/tensorflow). */
const GRAPH = { node: 1, library: 2 };
const NODE = { name: 1, operator: 2, attribute: 5 };
const ATTRIBUTE = { type: 6, shape: 7 };
const SHAPE = { dimension: 2, unknownRank: 3 };

/** Reads the nodes of a frozen graph; weights are stepped over. @throws Error `not a TensorFlow graph: ...` */
export function readGraphNodes(file: Uint8Array): GraphNodes {
  try {
    const nodes = [...subMessages(file, GRAPH.node)];
    const placeholders = nodes.filter((node) => textField(node, NODE.operator) === 'Placeholder').map(readPlaceholder);
    return { placeholders, names: nodes.map((node) => textField(node, NODE.name)), drawing: drawingNodes(file) };
  } catch (error) {
    if (error instanceof WireError) throw new Error(`not a TensorFlow graph: ${error.message}`, { cause: error });
    throw error;
  }
}

/** Operators of TensorFlow that draw random numbers; those called Stateless give the same ones each time. */
const DRAWING =
  /^(RandomUniform|RandomUniformInt|RandomStandardNormal|TruncatedNormal|ParameterizedTruncatedNormal|RandomGamma|RandomPoisson|RandomPoissonV2|RandomShuffle|Multinomial|StatefulUniform|StatefulUniformInt|StatefulUniformFullInt|StatefulStandardNormal|StatefulStandardNormalV2|StatefulTruncatedNormal|StatefulRandomBinomial)$/;

/** Nodes of a graph, and of the functions in it, that draw random numbers. */
export function drawingNodes(graph: Uint8Array): string[] {
  const functions = [...subMessages(graph, GRAPH.library)].flatMap((library) => [...subMessages(library, 1)]);
  const nodes = [...subMessages(graph, GRAPH.node), ...functions.flatMap((inner) => [...subMessages(inner, 3)])];
  return nodes
    .filter((node) => DRAWING.test(textField(node, NODE.operator)))
    .map((node) => `${textField(node, NODE.operator)} "${textField(node, NODE.name)}"`);
}

function readPlaceholder(node: Uint8Array): FileTensor {
  const attributes = new Map(
    [...subMessages(node, NODE.attribute)].map((entry) => [textField(entry, 1), subMessage(entry, 2)]),
  );
  const type = attributes.get('dtype');
  const value = attributes.get('shape');
  const dataType = type && tritonType(integerField(type, ATTRIBUTE.type) ?? 0);
  const shape = value && subMessage(value, ATTRIBUTE.shape);
  const known = shape && !integerField(shape, SHAPE.unknownRank);
  return {
    name: textField(node, NODE.name),
    dataType,
    dims: known
      ? [...subMessages(shape, SHAPE.dimension)].map((dimension) => integerField(dimension, 1) ?? 0)
      : undefined,
  };
}

/**
 * Compares the names in a config with the nodes of the graph. Triton's own words for a name that is not there come late and are hard to read.
 * A placeholder that nothing feeds is a warning: whether the outputs need it is only seen when the graph runs.
 */
export function checkGraphNodes(
  { input, output }: Pick<TritonModelConfig, 'input' | 'output'>,
  { placeholders, names }: GraphNodes,
  { inputs, outputs }: Pick<ModelSpec['inference'], 'inputs' | 'outputs'>,
): { errors: string[]; warnings: string[] } {
  const fed = placeholders.map(({ name }) => name);
  // "node:0" is the first output of "node".
  const nodeOf = (tensor: string) => tensor.replace(/:\d+$/, '');
  const wanted = (tensors: readonly { name: string }[], bound: readonly { tensor: string }[]) => [
    ...new Set([...tensors.map(({ name }) => name), ...bound.map(({ tensor }) => tensor)]),
  ];
  const wantedInputs = wanted(input, inputs);
  const missing = (side: string, tensors: readonly string[], known: readonly string[], what: string) =>
    tensors
      .filter((tensor) => !known.includes(nodeOf(tensor)))
      .map(
        (tensor) => `the config names the ${side} "${tensor}", but the graph has ${what}${hint(nodeOf(tensor), known)}`,
      );
  const unfed = placeholders.filter(({ name }) => !wantedInputs.map(nodeOf).includes(name));
  return {
    errors: [
      ...missing('input', wantedInputs, fed, `the placeholder${fed.length === 1 ? '' : 's'} ${list(fed)}`),
      ...missing('output', wanted(output, outputs), names, `no node of that name among its ${names.length}`),
    ],
    warnings: unfed.map(({ name, dims }) =>
      dims?.length === 0
        ? `The graph has the scalar placeholder "${name}", which the config does not feed and Triton cannot feed; if the output needs it, freeze the graph with its value baked in`
        : `The graph has the placeholder "${name}", which the config does not feed; the model fails when its output needs it`,
    ),
  };
}

const list = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ') || 'none';

const hint = (name: string, known: readonly string[]) => (known.length > 1 ? didYouMean(nearNames(name, known)) : '');
