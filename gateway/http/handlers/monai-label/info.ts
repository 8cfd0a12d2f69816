import type { Request, Response } from 'express';
import type { Catalog } from '../../../deployment/catalog';
import { sendJson } from '../result-answer';
import { describeForMonaiLabel } from './describe';

/** `GET /info/`: the server as MONAI Label's plug-ins want to know it. Lists what can run now; nothing here is trained or stored. */
export function describeServer(models: Catalog) {
  return function answerInfo(_request: Request, response: Response): void {
    const specs = models.list().flatMap(({ state, spec }) => (state === 'ready' && spec ? [spec] : []));
    response.status(200);
    sendJson(response, {
      name: 'AIAA gateway',
      description: 'Models of NVIDIA Triton. Inference only: no datastore, no training.',
      version: '2.0',
      labels: [...new Set(specs.flatMap(({ labels }) => labels))],
      models: Object.fromEntries(specs.map((spec) => [spec.name, describeForMonaiLabel(spec)])),
      trainers: {},
      strategies: {},
      scoring: {},
      train_stats: {},
      datastore: {},
    });
  };
}
