import type { ErrorCode } from '../errors';

/** Codes of the way to a worker and back. */
export const queueErrors = ['QUEUE_FULL', 'STOPPING', 'CANCELLED'] as const satisfies readonly ErrorCode[];
