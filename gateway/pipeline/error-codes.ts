import type { ErrorCode } from '../errors';

/** Codes of every job: its image cannot be read, or its params do not fit. */
export const imageJobErrors = [
  'BAD_PARAMS',
  'UNREADABLE_IMAGE',
  'UNSUPPORTED_IMAGE',
  'IMAGE_TOO_LARGE',
] as const satisfies readonly ErrorCode[];

/** Codes of writing an image for a session. */
export const niftiJobErrors = [...imageJobErrors, 'DISK_FULL'] as const satisfies readonly ErrorCode[];

/** Codes of a job that runs a model, beside those of Triton. */
export const modelJobErrors = [
  ...imageJobErrors,
  'IMAGE_DOES_NOT_FIT',
  'TRANSFORM_FAILED',
  'BAD_TENSOR',
  'INFERENCE_FAILED',
  'MODEL_NOT_READY',
] as const satisfies readonly ErrorCode[];

/** Code of a job on the mask of an interactive session, beside those of a model. */
export const sessionMaskErrors = ['LEASE_DAMAGED'] as const satisfies readonly ErrorCode[];
