import { framesOf, recordOf } from '../errors';
import { currentRequest, type Logger } from './logger';

/**
 * From now on a rejected promise that nobody handles does not end the process: it is logged under the request that it belongs to, which is
 * answered with that error unless it has its answer.
 */
export function surviveRejections(logger: Logger): void {
  process.on('unhandledRejection', (error: unknown) => {
    const facts = { reason: recordOf(error), stack: framesOf(error) };
    logger.error('an error was not handled; what it belongs to is given up', facts);
    currentRequest()?.lose?.(error);
  });
}
