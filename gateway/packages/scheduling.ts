import type { TritonModelConfig, TritonTensorConfig } from '../triton/model-config';
import type { ModelSpec } from '../model-spec';

/**
 * The scheduling that Triton is given where the config is silent.
 *
 * With a batch axis: dynamic batching without delay. Windows of several jobs then share a call, and a request whose client has gone
 * leaves the queue, which it does not otherwise. With an accelerator that builds its engine at the first request
 * (minutes): a request of zeros while the model is loaded.
 */
export function withScheduling(config: TritonModelConfig, spec: ModelSpec): TritonModelConfig {
  const batching = config.max_batch_size > 0 && !config.dynamic_batching ? { dynamic_batching: {} } : {};
  const inputs = !config.model_warmup && buildsEngine(config) ? zeros(config, spec) : undefined;
  const batch = config.max_batch_size > 0 ? { batch_size: 1 } : {};
  const warmup = inputs ? { model_warmup: [{ name: 'zeros', ...batch, inputs }] } : {};
  return { ...config, ...batching, ...warmup };
}

function buildsEngine({ optimization }: TritonModelConfig): boolean {
  const { gpu_execution_accelerator: list } = (optimization?.execution_accelerators ?? {}) as Record<string, unknown>;
  return Array.isArray(list) && list.some((accelerator: { name?: unknown }) => accelerator.name === 'tensorrt');
}

/** Undefined when the size of an input is open: a warm-up of the wrong size would build the wrong engine. */
function zeros({ input }: TritonModelConfig, { inference }: ModelSpec): Record<string, unknown> | undefined {
  const roi = inference.inferer.kind === 'scanning-window' ? inference.inferer.roi : [];
  const sized = input.map(({ name, data_type, dims }) => ({ name, data_type, dims: sizedDims(dims, roi) }));
  if (sized.some(({ dims }) => dims === undefined)) return undefined;
  return Object.fromEntries(sized.map(({ name, data_type, dims }) => [name, { data_type, dims, zero_data: true }]));
}

/** Free axes take the window's sizes, when there are as many. */
function sizedDims(dims: TritonTensorConfig['dims'], roi: readonly number[]): number[] | undefined {
  const free = dims.filter((size) => size === -1).length;
  if (free > 0 && (free !== roi.length || roi.some((size) => size < 1))) return undefined;
  let next = 0;
  return dims.map((size) => (size === -1 ? roi[next++] : size));
}
