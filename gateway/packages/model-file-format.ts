import { messageOf } from '../errors';
import type { ModelSpec } from '../model-spec';
import type { TritonModelConfig } from '../triton/model-config';
import type { TensorCheck } from './check-io';
import type { DetectedFormat } from './detect-format';
import type { CheckpointFiles } from './tensorflow/checkpoint';

/** A model file, or the folder of a SavedModel, and what it is by its content. */
export interface ModelFile {
  path: string;
  /** The name its author gave it. */
  name: string;
  detected: DetectedFormat;
  /** The folder in which other files of the model lie. */
  folder?: string;
}

/** A model out of its archive, recognised once: when it arrives, or is read from the store. */
export type RecognisedUpload = {
  /** A file, or a folder: a SavedModel, a checkpoint's files, or a Triton repository's in the form of {@link TRITON_FOLDER}. */
  path: string;
  /** The name its author gave it. */
  name: string;
} & (
  | { file: ModelFile; checkpoint?: undefined; tritonConfig?: undefined }
  | { file?: undefined; checkpoint: CheckpointFiles; tritonConfig?: undefined }
  /** The config.pbtxt that came with a Triton repository's folder: Triton is told this, not what the model's config says. */
  | { file?: undefined; checkpoint?: undefined; tritonConfig: TritonModelConfig }
);

/**
 * How the folder of a Triton repository is kept: `repository/version/` holds the files of its version folder, `repository/beside/` what
 * stood beside config.pbtxt (labels, warm-up data).
 */
export const TRITON_FOLDER = { folder: 'repository', version: 'version', beside: 'beside' } as const;

/** The findings of a look into a model file. */
export interface InspectedModel {
  /** Inputs and outputs, for formats that tell both. */
  io?: ModelIo;
  warnings: string[];
  /** Its parts that do more than compute when it is served with a config, or cannot be looked into: one clause for each. @default none */
  foreign?: (config: TritonModelConfig) => readonly string[];
  /** Compares a config with what the file tells. @default nothing to compare */
  compare?: (config: TritonModelConfig, inference: ModelSpec['inference']) => TensorCheck;
}

/** One format of model files: which file (or folder) of a Triton version directory it becomes. */
export interface ModelFileFormat {
  /** For sentences: "an ONNX model". */
  title: string;
  suffixes: readonly string[];
  /** `platform` of Triton's config. */
  platform: string;
  /** The backends that run it, as configs may call them. */
  backends: readonly string[];
  /** The name Triton looks for in the version directory. */
  fileName: string;
  /** Whether Triton's backend reads inputs and outputs from the file, so that the config needs none. */
  tellsTensors?: boolean;
  /** @throws Error saying what is wrong with the file */
  inspect(file: ModelFile): Promise<InspectedModel>;
}

/** A tensor as a model file itself describes it. */
export interface FileTensor {
  name: string;
  /** Triton's name, `TYPE_FP32`; undefined when the file has a type that Triton has not. */
  dataType?: string;
  /** With the batch axis; -1 is a free axis. Undefined when the file does not say. */
  dims?: number[];
}

/** The inputs and outputs that a model file has. */
export interface ModelIo {
  inputs: FileTensor[];
  outputs: FileTensor[];
}

const SHOWN = 3;

/** A network that was exported as it is in training answers each call otherwise. @param nodes what draws random numbers or learns while it runs */
export function randomWarning(nodes: readonly string[]): string[] {
  if (nodes.length === 0) return [];
  const more = nodes.length > SHOWN ? ` and ${nodes.length - SHOWN} more` : '';
  return [
    `The network draws random numbers or learns while it runs (${nodes.slice(0, SHOWN).join(', ')}${more}): its answers may differ from call to call. Was it exported in training mode? Call model.eval() before the export`,
  ];
}

/** Rejects with a reason before the message. */
export const because =
  (reason: string) =>
  (error: unknown): never => {
    throw new Error(`${reason}: ${messageOf(error)}`, { cause: error });
  };
