import type { ModelSpec, ModelType } from '../model-spec';

/** One entry of `GET /v1/models`; the extra keys are the model's own (`padding`, `roi`, `deepgrow`, ...). */
export interface ModelDescription {
  name: string;
  type: ModelType;
  labels: string[];
  description: string;
  version: string;
  [extra: string]: unknown;
}

/** A model as clients see it (`aiaa-api.md` §8.1): the extras lie flat in the entry and never hide the five fixed keys. */
export function describeModel({ name, type, labels, description, version, info }: ModelSpec): ModelDescription {
  return { ...info, name, type, labels, description, version: String(version) };
}
