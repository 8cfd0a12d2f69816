import { messageOf } from '../errors';
import type { Logger } from '../telemetry/logger';
import type { Triton } from '../triton/triton';
import type { Models } from './models';

const WATCH_EVERY_MS = 1000;

/**
 * Keeps Triton in agreement with the wanted models: loads them when Triton is first seen and again whenever it comes back,
 * since in explicit mode it forgets them (`triton.md` §3.6, §10 row 1).
 * @returns a function that stops watching
 */
export function keepReconciled(models: Models, triton: Triton, logger: Logger): () => void {
  return triton.health.watchLiveness(WATCH_EVERY_MS, (live) => {
    if (!live) {
      logger.error('Triton does not answer', { url: triton.url });
      return;
    }
    logger.info('Triton is live', { url: triton.url });
    models
      .loadAll()
      .catch((error: unknown) => logger.error('models could not be reconciled', { reason: messageOf(error) }));
  });
}
