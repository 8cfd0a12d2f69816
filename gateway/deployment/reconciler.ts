import { messageOf } from '../errors';
import type { Logger } from '../telemetry/logger';
import type { Triton } from '../triton/triton';
import type { Gateways } from '../workspace/gateways';
import type { Catalog } from './catalog';

const WATCH_EVERY_MS = 1000;

/**
 * Keeps Triton in agreement with the wanted models: loads them when Triton is first seen and again whenever it comes back,
 * since in explicit mode it forgets them (`triton.md` §3.6, §10 row 1).
 * @returns a function that stops watching
 */
export function keepReconciled(models: Catalog, triton: Triton, logger: Logger): () => void {
  const onChange = (live: boolean) => {
    if (!live) {
      logger.error('Triton does not answer', { url: triton.url });
      return;
    }
    logger.info('Triton is live', { url: triton.url });
    void tellSharedMemory(triton, logger);
    models.recovery
      .settleAll()
      .catch((error: unknown) => logger.error('models could not be reconciled', { reason: messageOf(error) }));
  };
  return triton.health.watchLiveness(WATCH_EVERY_MS, onChange, (live) => models.breaker.record(live));
}

/** Tensors that go the slow way show in nothing but time: the log says so at start and whenever Triton comes back. */
async function tellSharedMemory(triton: Triton, logger: Logger): Promise<void> {
  const { expected, used, reason, remedy } = await triton.sharedMemoryUse(true);
  if (used) logger.info('large tensors go through shared memory');
  else if (expected) logger.warn('large tensors go through gRPC: shared memory is not used', { reason, remedy });
}

const FOLLOW_EVERY_MS = 1000;

/**
 * Where several gateways share the workspace: follows what the others change, and clears up after those that died.
 * @returns a function that stops watching
 */
export function keepFollowing(
  models: Catalog,
  gateways: Gateways,
  clearUp: () => Promise<void>,
  logger: Logger,
): () => void {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const look = async () => {
    if (await gateways.stay()) logger.warn('other gateways took this one for dead: it did not show itself in time');
    await models.recovery.follow();
    if (!(await gateways.buryDead())) return;
    logger.warn('another gateway is gone; what it left unfinished is cleared up');
    await clearUp();
    await models.recovery.settleAll();
  };
  const tick = async () => {
    await look().catch((error: unknown) => logger.error('the shared workspace could not be looked at', { reason: messageOf(error) })); // prettier-ignore
    if (!stopped) timer = setTimeout(() => void tick(), FOLLOW_EVERY_MS).unref();
  };
  timer = setTimeout(() => void tick(), FOLLOW_EVERY_MS).unref();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
