import type { ErrorCode } from '../errors';

/** Codes of every call to Triton. */
export const tritonErrors = [
  'TRITON_UNAVAILABLE',
  'TRITON_TIMEOUT',
  'CANCELLED',
] as const satisfies readonly ErrorCode[];

/** Codes of loading and unloading a model. */
export const loadErrors = [
  ...tritonErrors,
  'BAD_MODEL_NAME',
  'BAD_CONFIG',
  'MODEL_LOAD_FAILED',
  'MODEL_NOT_READY',
  'MODEL_BUSY',
] as const satisfies readonly ErrorCode[];

/** Codes of running a model. */
export const inferErrors = [
  ...tritonErrors,
  'MODEL_NOT_READY',
  'MODEL_BUSY',
  'BAD_TENSOR',
  'INFERENCE_FAILED',
] as const satisfies readonly ErrorCode[];
