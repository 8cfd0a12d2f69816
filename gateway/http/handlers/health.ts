import type { Request, Response } from 'express';
import type { Catalog } from '../../deployment/catalog';

/** `GET /health/live`: this process answers. */
export function live(_request: Request, response: Response): void {
  response.json({ live: true });
}

/** `GET /health/ready`: Triton answers and no model is being loaded; 503 otherwise. A model that failed is named but does not make the whole gateway unready. */
export function ready(models: Catalog) {
  return async function answerReady(_request: Request, response: Response): Promise<void> {
    const triton = await models.tritonState();
    const states = models.list().map(({ name, state, reason }) => ({ name, state, ...(reason && { reason }) }));
    const isReady = triton.live && states.every(({ state }) => state !== 'loading');
    response.status(isReady ? 200 : 503).json({ ready: isReady, triton, models: states });
  };
}
