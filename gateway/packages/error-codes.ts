import { configErrors } from '../config/findings';
import type { ErrorCode } from '../errors';

/** Codes of recognising an upload and making a Triton model folder of it. */
export const packageErrors = [
  ...configErrors,
  'BAD_MODEL_FILE',
  'UNSAFE_ARCHIVE',
  'CODE_NOT_ALLOWED',
  'DISK_FULL',
] as const satisfies readonly ErrorCode[];
