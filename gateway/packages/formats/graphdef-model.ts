import { join } from 'node:path';
import type { TritonModelConfig } from '../../triton/model-config';
import { didYouMean, nearNames } from '../../config/near-names';
import type { ModelSpec, TensorBinding } from '../../model-spec';
import {
  dimsOf,
  nodeOf,
  openTensorFlow,
  shapeOf,
  tritonType,
  typeOf,
  type GraphDef,
  type Shape,
} from '../tensorflow/graph';
import type { FileTensor, ModelIo } from './file-facts';

/** What a frozen TensorFlow graph tells of itself: a graph has no list of outputs, any node may be one. */
export interface GraphNodes {
  /** Nodes that are fed. */
  placeholders: FileTensor[];
  /** All nodes, in the order of the file. */
  names: string[];
  /** Nodes that draw random numbers, as `RandomUniform "name"`. */
  drawing: string[];
  /** Whether TF-TRT has optimised it. */
  hasEngines: boolean;
}

export function graphNodes(graph: GraphDef): GraphNodes {
  const placeholders = graph.node.filter(({ op }) => op === 'Placeholder');
  return {
    placeholders: placeholders.map((node) => ({
      name: node.name,
      dataType: tritonType(typeOf(node, 'dtype')),
      dims: shapeOf(node),
    })),
    names: graph.node.map(({ name }) => name),
    drawing: drawingNodes(graph),
    hasEngines: allNodes(graph).some(({ op }) => op === 'TRTEngineOp'),
  };
}

/** Operators of TensorFlow that draw random numbers; those called Stateless give the same ones each time. */
const DRAWING =
  /^(RandomUniform|RandomUniformInt|RandomStandardNormal|TruncatedNormal|ParameterizedTruncatedNormal|RandomGamma|RandomPoisson|RandomPoissonV2|RandomShuffle|Multinomial|StatefulUniform|StatefulUniformInt|StatefulUniformFullInt|StatefulStandardNormal|StatefulStandardNormalV2|StatefulTruncatedNormal|StatefulRandomBinomial)$/;

const drawingNodes = (graph: GraphDef): string[] =>
  allNodes(graph).flatMap(({ op, name }) => (DRAWING.test(op) ? [`${op} "${name}"`] : []));

/** Nodes of a graph, and of the functions in it. */
const allNodes = ({ node, library }: GraphDef) => [
  ...node,
  ...(library?.function ?? []).flatMap(({ node_def }) => node_def),
];

export interface SavedModelFacts {
  /** Tensors of the signature that Triton takes, by the names of the signature. */
  io?: ModelIo;
  /** All signatures. */
  signatures: string[];
  /** Nodes that draw random numbers. */
  drawing: string[];
}

type TensorInfo = { dtype: number; tensor_shape: Shape | null };
type SignatureDef = Record<'inputs' | 'outputs', Record<string, TensorInfo>>;
interface MetaGraph {
  meta_info_def: { tags: string[] } | null;
  graph_def: GraphDef | null;
  signature_def: Record<string, SignatureDef>;
}

const DEFAULT = 'serving_default';

/**
 * Reads the serving signature of a SavedModel, whose names Triton uses: `serving_default`, else the only one there is.
 * @throws WireError
 */
export async function readSavedModel(folder: string): Promise<SavedModelFacts> {
  const path = join(folder, 'saved_model.pb');
  const { meta_graphs: graphs } = await openTensorFlow<{ meta_graphs: MetaGraph[] }>('SavedModel', path);
  const serving = graphs.find(({ meta_info_def: info }) => info?.tags.includes('serve')) ?? graphs[0];
  if (!serving) return { signatures: [], drawing: [] };
  const { signature_def: all, graph_def: graph } = serving;
  // TensorFlow 2 writes one without tensors for its own use.
  const signatures = Object.keys(all).filter((name) => name !== '__saved_model_init_op');
  const name = Object.hasOwn(all, DEFAULT) ? DEFAULT : signatures.length === 1 ? signatures[0] : undefined;
  return {
    signatures,
    drawing: graph ? drawingNodes(graph) : [],
    io: name === undefined ? undefined : { inputs: tensorsOf(all[name].inputs), outputs: tensorsOf(all[name].outputs) },
  };
}

const tensorsOf = (tensors: Record<string, TensorInfo>): FileTensor[] =>
  Object.entries(tensors).map(([name, { dtype, tensor_shape }]) => ({
    name,
    dataType: tritonType(dtype),
    dims: dimsOf(tensor_shape),
  }));

/** Names of all tensors that a config names, in its Triton section or elsewhere. */
export const namedTensors = (tensors: readonly { name: string }[], bound: readonly TensorBinding[]): string[] => [
  ...new Set([...tensors.map(({ name }) => name), ...bound.map(({ tensor }) => tensor)]),
];

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
  const wantedInputs = namedTensors(input, inputs);
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
      ...missing('output', namedTensors(output, outputs), names, `no node of that name among its ${names.length}`),
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
