import type { ModelSpec } from '../../../model-spec';

/** A model's entry in `GET /info/`. A type and no interface, so that it counts as JSON. */
export type MonaiLabelModel = {
  /** MONAI Label's names: `segmentation`, `annotation`, `classification`, `deepgrow`, `others`. */
  type: string;
  /** Label value of each name. */
  labels: Record<string, number>;
  /** 2: pictures and single slices; MITK offers the model in its 2D tool then. */
  dimension: 2 | 3;
  description: string;
  /** Options the plug-in shows; ours have none. Slicer refuses a server with a `config` of its own beside the models. */
  config: Record<string, never>;
};

export function describeForMonaiLabel(spec: ModelSpec): MonaiLabelModel {
  return {
    type: typeOf(spec),
    labels: labelValues(spec),
    dimension: dimensionOf(spec),
    description: spec.description,
    config: {},
  };
}

/** The names of the values 1, 2, … turned round: MITK reads nothing else, Slicer and OHIF read both. */
export function labelValues({ labels }: ModelSpec): Record<string, number> {
  return Object.fromEntries(labels.map((name, index) => [name, index + 1]));
}

/** AIAA's types have the same names, apart from pipelines; a pipeline that takes clicks is a deepgrow model to its user. */
function typeOf({ type, info }: ModelSpec): string {
  if (type !== 'pipeline') return type;
  return info.deepgrow === undefined ? 'others' : 'deepgrow';
}

/**
 * Of the image a client sends: what the config says of itself (`deepgrow`), else the axes of the window (a 2-D network can walk through a volume),
 * else the space axes of the network's first input.
 */
function dimensionOf({ info, inference: { inferer }, triton }: ModelSpec): 2 | 3 {
  if (typeof info.deepgrow === 'string') return info.deepgrow.toUpperCase() === '2D' ? 2 : 3;
  if (inferer.kind === 'scanning-window') return inferer.roi.length === 2 ? 2 : 3;
  if (!triton) return 3;
  const channelAndBatch = triton.max_batch_size > 0 ? 1 : 2;
  return triton.input[0]?.dims.length - channelAndBatch === 2 ? 2 : 3;
}
