import type { ErrorCode } from '../errors';

/** Codes of decoding the image of a session. */
export const decodeErrors = [
  'UNREADABLE_IMAGE',
  'UNSUPPORTED_IMAGE',
  'IMAGE_TOO_LARGE',
  'DISK_FULL',
  'CANCELLED',
] as const satisfies readonly ErrorCode[];

/** Codes of making a session of files. */
export const importErrors = [
  ...decodeErrors,
  'EMPTY_IMAGE',
  'BAD_UPLOAD',
  'TOO_LARGE',
  'SESSION_TOO_LARGE',
] as const satisfies readonly ErrorCode[];

/** Codes of fetching a series from a PACS. */
export const pacsErrors = [
  'BAD_PARAMS',
  'PACS_FORBIDDEN',
  'PACS_NO_IMAGES',
  'PACS_FAILED',
  'PACS_UNREACHABLE',
  'PACS_TIMEOUT',
  'CANCELLED',
] as const satisfies readonly ErrorCode[];

/** Code of using a session that is over for a job, and of asking about it. */
export const sessionErrors = ['SESSION_EXPIRED', 'SESSION_NOT_FOUND'] as const satisfies readonly ErrorCode[];
