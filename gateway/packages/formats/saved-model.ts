import { join } from 'node:path';
import { dimsOf, openTensorFlow, tritonType, type GraphDef, type Shape } from '../tensorflow/graph';
import { checkTensors } from '../check-io';
import { foreignSavedModelOperators } from '../operators/tensorflow-graph';
import type { InspectedModel, ModelFile, ModelFileFormat } from '../model-file-format';
import { because, randomWarning, type FileTensor, type ModelIo } from '../model-file-format';
import { drawingNodes } from './graphdef-model';

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
const SAVED_MODEL = 'saved_model.pb';

/**
 * Reads the serving signature of a SavedModel, whose names Triton uses: `serving_default`, else the only one there is.
 * @throws WireError
 */
export async function readSavedModel(folder: string): Promise<SavedModelFacts> {
  const path = join(folder, SAVED_MODEL);
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

export const savedModel: ModelFileFormat = {
  title: 'a TensorFlow SavedModel',
  suffixes: ['.zip with saved_model.pb'],
  platform: 'tensorflow_savedmodel',
  backends: ['tensorflow'],
  fileName: 'model.savedmodel',
  inspect,
};

async function inspect({ path }: ModelFile): Promise<InspectedModel> {
  const read = await readSavedModel(path).catch(because('its saved_model.pb cannot be read'));
  const { io, signatures, drawing } = read;
  const names = signatures.join(', ') || 'none';
  const foreignIn = await foreignSavedModelOperators(join(path, SAVED_MODEL));
  if (!io) throw new Error(`it has no signature "serving_default" (its signatures are: ${names}); export it with one`);
  return {
    io,
    warnings: randomWarning(drawing),
    foreign: ({ input }) => foreignIn(!input.some(({ optional }) => optional)),
    compare: (config, inference) => checkTensors(config, io, inference),
  };
}
