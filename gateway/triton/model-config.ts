/**
 * The part of Triton's ModelConfig that the gateway writes (`model_config.proto` of Triton); names as in the protobuf text
 * form.
 */
export interface TritonModelConfig {
  name?: string;
  /** `onnxruntime_onnx`, `pytorch_libtorch`, `tensorflow_graphdef`, `tensorflow_savedmodel`, `tensorrt_plan`. */
  platform?: string;
  backend?: string;
  max_batch_size: number;
  input: TritonTensorConfig[];
  output: TritonTensorConfig[];
  /** State that Triton keeps between requests, from outputs of the network. */
  sequence_batching?: { state?: { output_name?: string }[] };
  instance_group?: {
    name?: string;
    count?: number;
    kind?: 'KIND_AUTO' | 'KIND_GPU' | 'KIND_CPU' | 'KIND_MODEL';
    gpus?: number[];
  }[];
  dynamic_batching?: Record<string, unknown>;
  version_policy?: Record<string, unknown>;
  default_model_filename?: string;
  optimization?: Record<string, unknown>;
  parameters?: Record<string, { string_value: string }>;
  model_warmup?: Record<string, unknown>[];
  /** Answers zero or many times per request: not usable through the gateway. */
  model_transaction_policy?: { decoupled?: boolean };
}

export interface TritonTensorConfig {
  name: string;
  /** `TYPE_FP32`, ... */
  data_type: string;
  /** Without the batch axis when `max_batch_size` > 0; -1 is a free axis. */
  dims: number[];
  format?: string;
  reshape?: { shape: number[] };
  /** Inputs only: requests may leave it out. */
  optional?: boolean;
}

/** Whether a model needs Triton's TensorFlow backend. */
export const isTensorFlow = ({ platform, backend }: Pick<TritonModelConfig, 'platform' | 'backend'>): boolean =>
  /^tensorflow/.test(platform || backend || '');

/** Copies of a model that Triton keeps in memory and computes with at a time: `count` is for each GPU; an ensemble names no group. */
export function instanceCount({ instance_group: groups = [] }: Pick<TritonModelConfig, 'instance_group'>): number {
  return groups.reduce((sum, { count = 1, gpus = [] }) => sum + count * Math.max(1, gpus.length), 0) || 1;
}
