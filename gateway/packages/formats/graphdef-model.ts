import type { TritonModelConfig } from '../../triton/model-config';
import { didYouMean, nearNames } from '../../near-names';
import type { ModelSpec, TensorBinding } from '../../model-spec';
import {
  nodeOf,
  openTensorFlow,
  shapeOf,
  tritonType,
  typeOf,
  type GraphDef,
  type GraphEnds,
} from '../tensorflow/graph';
import { checkTensors, type TensorCheck } from '../check-io';
import { foreignGraphOperators } from '../operators/tensorflow-graph';
import type { InspectedModel, ModelFile, ModelFileFormat } from '../model-file-format';
import { because, randomWarning, type FileTensor } from '../model-file-format';

/** The signature of a frozen TensorFlow graph as far as it has one: a graph has no list of outputs, any node may be one. */
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

export const drawingNodes = (graph: GraphDef): string[] =>
  allNodes(graph).flatMap(({ op, name }) => (DRAWING.test(op) ? [`${op} "${name}"`] : []));

/** Nodes of a graph, and of the functions in it. */
const allNodes = ({ node, library }: GraphDef) => [
  ...node,
  ...(library?.function ?? []).flatMap(({ node_def }) => node_def),
];

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

export const graphdef: ModelFileFormat = {
  title: 'a frozen TensorFlow graph',
  suffixes: ['.pb', '.graphdef', '.trt.pb'],
  platform: 'tensorflow_graphdef',
  backends: ['tensorflow'],
  fileName: 'model.graphdef',
  inspect,
};

/** A graph that TF-TRT has optimised is bound to the TensorRT and the GPU that made it. */
const ENGINES =
  'The graph was optimised by TF-TRT (TRTEngineOp): it runs only with the TensorRT and GPU that made it; upload the graph from before, and let Triton optimise it ("optimization": { "execution_accelerators": { "gpu_execution_accelerator": [{ "name": "tensorrt" }] } })';

async function inspect({ path }: ModelFile): Promise<InspectedModel> {
  const graph = await openTensorFlow<GraphDef>('GraphDef', path).catch(because('not a TensorFlow graph'));
  const nodes = graphNodes(graph);
  const foreignIn = await foreignGraphOperators(path);
  return {
    warnings: [...(nodes.hasEngines ? [ENGINES] : []), ...randomWarning(nodes.drawing)],
    foreign: (config) => foreignIn(endsOf(config)),
    compare: (config, inference) => compare(config, nodes, inference),
  };
}

/** The tensors that Triton feeds and asks for; it need not feed what is optional. */
const endsOf = ({ input, output, sequence_batching }: TritonModelConfig): GraphEnds => ({
  inputs: input.filter(({ optional }) => !optional).map(({ name }) => name),
  outputs: [
    ...output.map(({ name }) => name),
    ...(sequence_batching?.state ?? []).flatMap(({ output_name }) => output_name ?? []),
  ],
});

/** The names, and type and shape of the placeholders that a config names; the graph tells nothing of its outputs. */
function compare(config: TritonModelConfig, nodes: GraphNodes, inference: ModelSpec['inference']): TensorCheck {
  const named = checkGraphNodes(config, nodes, inference);
  if (named.errors.length > 0) return { ...named, completed: config };
  const known = new Map(nodes.placeholders.map((tensor) => [tensor.name, tensor]));
  const checked = checkTensors(config, {
    inputs: config.input.map(({ name }) => ({ ...known.get(nodeOf(name)), name })),
    outputs: config.output.map(({ name }) => ({ name })),
  });
  return { ...checked, warnings: [...named.warnings, ...checked.warnings] };
}
