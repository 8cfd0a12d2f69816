import { messageOf } from '../errors';
import { randomWarning } from './formats/file-facts';
import { graphNodes, readSavedModel } from './formats/graphdef-model';
import { openOnnxModel } from './formats/onnx-model';
import { weightsFlaw } from './formats/onnx-weights';
import type { InspectedModel, PackageBuilder, UploadedModel } from './package-builder';
import { planVersion } from './formats/tensorrt-plan';
import { openTensorFlow, type GraphDef } from './tensorflow/graph';
import { readTorchSignature } from './formats/torchscript-model';
import { WireError } from './formats/wire';

/** Operators that ONNX Runtime brings itself; others need a library, which uploads may not name. */
const knownDomain = /^$|^ai\.onnx(\.|$)|^com\.microsoft(\.|$)|^org\.pytorch(\.|$)/;

const onnx: PackageBuilder = {
  format: 'onnx',
  title: 'an ONNX model',
  suffixes: ['.onnx'],
  platform: 'onnxruntime_onnx',
  backends: ['onnxruntime'],
  fileName: 'model.onnx',
  inspect: inspectOnnx,
};

const torchscript: PackageBuilder = {
  format: 'torchscript',
  title: 'a TorchScript model',
  suffixes: ['.pt', '.ts'],
  platform: 'pytorch_libtorch',
  backends: ['pytorch', 'libtorch'],
  fileName: 'model.pt',
  inspect: inspectTorchScript,
};

const graphdef: PackageBuilder = {
  format: 'graphdef',
  title: 'a frozen TensorFlow graph',
  suffixes: ['.pb', '.graphdef', '.trt.pb'],
  platform: 'tensorflow_graphdef',
  backends: ['tensorflow'],
  fileName: 'model.graphdef',
  inspect: inspectGraph,
};

const tensorrt: PackageBuilder = {
  format: 'tensorrt',
  title: 'a TensorRT plan',
  suffixes: ['.plan'],
  platform: 'tensorrt_plan',
  backends: ['tensorrt'],
  fileName: 'model.plan',
  inspect: inspectPlan,
};

const savedModel: PackageBuilder = {
  format: 'savedmodel',
  title: 'a TensorFlow SavedModel',
  suffixes: ['.zip with saved_model.pb'],
  platform: 'tensorflow_savedmodel',
  backends: ['tensorflow'],
  fileName: 'model.savedmodel',
  inspect: inspectSavedModel,
};

export const builders: readonly PackageBuilder[] = [onnx, torchscript, graphdef, tensorrt, savedModel];

/** "an ONNX model (.onnx), a TorchScript model (.pt, .ts), ..." */
export const acceptedFormats = builders.map(({ title, suffixes }) => `${title} (${suffixes.join(', ')})`).join(', ');

async function inspectOnnx({ path, folder }: UploadedModel): Promise<InspectedModel> {
  try {
    const { inputs, outputs, domains, externalFiles, trainingNodes } = await openOnnxModel(path);
    const flaw = await weightsFlaw(externalFiles, folder);
    const errors = flaw === undefined ? [] : [flaw];
    const foreign = domains.filter((domain) => !knownDomain.test(domain));
    const warnings = foreign.length
      ? [`The model uses operators of ${foreign.join(', ')}, for which Triton would need a library; it may not load`]
      : [];
    return { io: { inputs, outputs }, errors, warnings: [...warnings, ...randomWarning(trainingNodes)] };
  } catch (error) {
    return { errors: [messageOf(error)], warnings: [] };
  }
}

/** A graph that TF-TRT has optimised is bound to the TensorRT and the GPU that made it (`triton.md` §6). */
async function inspectGraph({ path }: UploadedModel): Promise<InspectedModel> {
  const warning =
    'The graph was optimised by TF-TRT (TRTEngineOp): it runs only with the TensorRT and GPU that made it; upload the graph from before, and let Triton optimise it ("optimization": { "execution_accelerators": { "gpu_execution_accelerator": [{ "name": "tensorrt" }] } })';
  try {
    const nodes = graphNodes(await openTensorFlow<GraphDef>('GraphDef', path));
    const warnings = [...(nodes.hasEngines ? [warning] : []), ...randomWarning(nodes.drawing)];
    return { nodes, errors: [], warnings };
  } catch (error) {
    return {
      errors: [error instanceof WireError ? `not a TensorFlow graph: ${error.message}` : messageOf(error)],
      warnings: [],
    };
  }
}

async function inspectTorchScript({ path }: UploadedModel): Promise<InspectedModel> {
  try {
    const signature = await readTorchSignature(path);
    return { signature, errors: [], warnings: [] };
  } catch (error) {
    return { errors: [`its code cannot be read: ${messageOf(error)}`], warnings: [] };
  }
}

/** A plan names its tensors only inside the engine: Triton reads them when it loads the model. */
async function inspectPlan({ path }: UploadedModel): Promise<InspectedModel> {
  const version = await planVersion(path);
  const made = version ? `The TensorRT plan was made by TensorRT ${version}` : 'The TensorRT plan does not tell its version'; // prettier-ignore
  const bound = `${made}; it runs only with that release and the kind of GPU that made it. If Triton refuses it, upload the ONNX model it was made from`;
  return { errors: [], warnings: [bound] };
}

async function inspectSavedModel({ path }: UploadedModel): Promise<InspectedModel> {
  try {
    const { io, signatures, drawing } = await readSavedModel(path);
    const names = signatures.join(', ') || 'none';
    const errors = io
      ? []
      : [`it has no signature "serving_default" (its signatures are: ${names}); export it with one`];
    return { io, errors, warnings: randomWarning(drawing) };
  } catch (error) {
    return { errors: [`its saved_model.pb cannot be read: ${messageOf(error)}`], warnings: [] };
  }
}
