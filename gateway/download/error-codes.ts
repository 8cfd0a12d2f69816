import { codes } from '../errors';

/** Codes of fetching a file. */
export const fetchErrors = codes('DOWNLOAD_FAILED', 'TOO_LARGE', 'DISK_FULL');
