import { codes } from '../errors';

/** Codes of decoding the image of a session. */
export const decodeErrors = codes('UNREADABLE_IMAGE', 'UNSUPPORTED_IMAGE', 'IMAGE_TOO_LARGE', 'DISK_FULL', 'CANCELLED');

/** Codes of making a session of files. */
export const importErrors = codes(...decodeErrors, 'EMPTY_IMAGE', 'BAD_UPLOAD', 'TOO_LARGE', 'SESSION_TOO_LARGE');

/** Codes of fetching a series from a PACS. */
export const pacsErrors = codes(
  'BAD_PARAMS',
  'PACS_FORBIDDEN',
  'PACS_NO_IMAGES',
  'PACS_FAILED',
  'PACS_TIMEOUT',
  'TOO_LARGE',
  'SESSION_TOO_LARGE',
  'DISK_FULL',
  'CANCELLED',
);

/** Codes of having a place for an interactive session. */
export const leaseErrors = codes('LEASE_EXPIRED', 'LEASE_DAMAGED', 'LEASES_TAKEN');

/** Code of using a session that is over for a job, and of asking about it. */
export const sessionErrors = codes('SESSION_EXPIRED', 'SESSION_NOT_FOUND');
