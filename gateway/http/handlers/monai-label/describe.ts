import type { MonaiLabelModel } from '../../../contract/models';
import type { ModelSpec } from '../../../model-spec';
import type { Call } from '../../endpoint';
import type { Services } from '../../services';
import { sendJson } from '../result-answer';

/** `GET /info/`: the server as MONAI Label's plug-ins want to know it. Lists what can run now; nothing here is trained or stored. */
export function describeServer({ response }: Call, { models }: Services): void {
  const specs = models.list().flatMap(({ state, spec }) => (state === 'ready' && spec ? [spec] : []));
  sendJson(response, {
    name: 'AIAA gateway',
    description: 'Models of NVIDIA Triton. Inference only: no datastore, no training.',
    version: '2.0',
    labels: [...new Set(specs.flatMap(({ labels }) => labels))],
    models: Object.fromEntries(specs.map((spec) => [spec.name, describeForMonaiLabel(spec)])),
    trainers: {},
    strategies: {},
    scoring: {},
    train_stats: {},
    datastore: {},
  });
}

/** A model's entry there. Slicer refuses a server that has a `config` of its own beside the models. */
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
