import type { ErrorCode } from '../errors';

/** Codes of the way to a worker and back. */
export const queueErrors = [
  'QUEUE_FULL',
  'STOPPING',
  'CANCELLED',
  'MEMORY_EXCEEDED',
  'MEMORY_BUSY',
] as const satisfies readonly ErrorCode[];

/** Codes of reading params. */
export const paramsErrors = [
  'BAD_PARAMS',
  'FIELD_TOO_LARGE',
  'TOO_MANY_POINTS',
] as const satisfies readonly ErrorCode[];
