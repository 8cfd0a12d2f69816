import type { TritonModelConfig } from '../triton/model-config';
import type { Findings } from './findings';
import type { TransformCatalogue } from './transform-catalogue';

/** What every part of a config reader needs while one config is read. */
export interface Reading {
  /** The model's name, as the client chose it. */
  name: string;
  catalogue: TransformCatalogue;
  findings: Findings;
  /** `metadata.json` of a MONAI bundle, parsed. */
  bundleMetadata?: unknown;
  /** See `ParseOptions.tritonConfig`. */
  tritonConfig?: TritonModelConfig;
}
