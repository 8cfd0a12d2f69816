import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { drawingNodes } from './graphdef-model';
import type { FileTensor, ModelIo } from '../model-io';
import { tritonType } from '../tensorflow/data-types';
import { integerField, subMessage, subMessages, textField } from './wire-format';

/** saved_model.proto, meta_graph.proto: SavedModel.meta_graphs, MetaGraphDef.{meta_info_def, signature_def}, SignatureDef, TensorInfo. */
const META_GRAPH = 2;
const GRAPH_DEF = 2;
const SIGNATURE = 5;
const INFO = { metaInfo: 1, tags: 4 };
const DEFAULT = 'serving_default';

export interface SavedModelFacts {
  /** Tensors of the signature that Triton takes, by the names of the signature. */
  io?: ModelIo;
  /** All signatures. */
  signatures: string[];
  /** Nodes that draw random numbers. */
  drawing: string[];
}

/**
 * Reads the serving signature of a SavedModel, whose names Triton uses: `serving_default`, else the only one there is.
 * @throws WireError
 */
export async function readSavedModel(folder: string): Promise<SavedModelFacts> {
  const graphs = [...subMessages(await readFile(join(folder, 'saved_model.pb')), META_GRAPH)];
  const serving = graphs.find((graph) => tagsOf(graph).includes('serve')) ?? graphs[0];
  if (!serving) return { signatures: [], drawing: [] };
  const all = new Map(
    [...subMessages(serving, SIGNATURE)].map((entry) => [
      textField(entry, 1),
      subMessage(entry, 2) ?? new Uint8Array(),
    ]),
  );
  // TensorFlow 2 writes one without tensors for its own use.
  const signatures = [...all.keys()].filter((name) => name !== '__saved_model_init_op');
  const chosen = all.get(DEFAULT) ?? (signatures.length === 1 ? all.get(signatures[0]) : undefined);
  const graph = subMessage(serving, GRAPH_DEF);
  return {
    signatures,
    drawing: graph ? drawingNodes(graph) : [],
    io: chosen && { inputs: tensorsOf(chosen, 1), outputs: tensorsOf(chosen, 2) },
  };
}

function tagsOf(graph: Uint8Array): string[] {
  const info = subMessage(graph, INFO.metaInfo);
  return info ? [...subMessages(info, INFO.tags)].map((tag) => Buffer.from(tag).toString('utf8')) : [];
}

function tensorsOf(signature: Uint8Array, side: number): FileTensor[] {
  return [...subMessages(signature, side)].map((entry) => {
    const info = subMessage(entry, 2) ?? new Uint8Array();
    const shape = subMessage(info, 3);
    const known = shape && !integerField(shape, 3);
    return {
      name: textField(entry, 1),
      dataType: tritonType(integerField(info, 2) ?? 0),
      dims: known ? [...subMessages(shape, 2)].map((axis) => integerField(axis, 1) ?? 0) : undefined,
    };
  });
}
