import type { ModelFormat } from './detect-format';
import type { GraphNodes } from './formats/graphdef-model';
import type { ModelIo } from './formats/file-facts';
import type { TritonModelConfig } from '../triton/model-config';
import type { TorchSignature } from './formats/torchscript-model';
import type { CheckpointFiles } from './tensorflow/checkpoint';

/** A model as it was uploaded, out of its archive where it had one. */
export interface UploadedModel {
  /** A file, or a folder: a SavedModel, a checkpoint's files, or a Triton repository's in the form of {@link REPOSITORY}. */
  path: string;
  /** What its author called it. */
  name: string;
  /** The folder in which other files of the model lie. */
  folder?: string;
  /** A TensorFlow checkpoint, which becomes a file when it is frozen. */
  checkpoint?: CheckpointFiles;
  /** The config.pbtxt that came with a Triton repository's folder: Triton is told this, not what the model's config says. */
  tritonConfig?: TritonModelConfig;
}

/**
 * How the folder of a Triton repository is kept: `repository/version/` holds the files of its version folder, `repository/beside/` what
 * stood beside config.pbtxt (labels, warm-up data).
 */
export const REPOSITORY = { folder: 'repository', version: 'version', beside: 'beside' } as const;

/** What is known of a model file after it was looked into. */
export interface InspectedModel {
  /** Inputs and outputs, for formats that tell. */
  io?: ModelIo;
  /** Nodes of a graph, for the format that tells only them. */
  nodes?: GraphNodes;
  /** `forward` of a TorchScript model, where its file tells. */
  signature?: TorchSignature;
  errors: string[];
  warnings: string[];
}

/** One model format: which file (or folder) of a Triton version directory it becomes. */
export interface PackageBuilder {
  format: ModelFormat;
  /** For sentences: "an ONNX model". */
  title: string;
  suffixes: readonly string[];
  /** `platform` of Triton's config (`triton.md` §2.1). */
  platform: string;
  /** The backends that run it, as configs may call them. */
  backends: readonly string[];
  /** The name Triton looks for in the version directory. */
  fileName: string;
  inspect(upload: UploadedModel): Promise<InspectedModel>;
}
