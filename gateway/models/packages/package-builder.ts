import type { ModelFormat } from './detect-format';
import type { GraphNodes } from './graphdef-model';
import type { ModelIo } from './model-io';

/** A model file as it was uploaded. */
export interface UploadedModel {
  path: string;
  /** What its author called it. */
  name: string;
}

/** What is known of a model file after it was looked into. */
export interface InspectedModel {
  /** Inputs and outputs, for formats that tell. */
  io?: ModelIo;
  /** Nodes of a graph, for the format that tells only them. */
  nodes?: GraphNodes;
  errors: string[];
  warnings: string[];
}

/** One upload format: which files of a Triton version directory it becomes. An archive format will be one more of these. */
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
