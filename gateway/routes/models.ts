import type { Request, Response } from 'express';
import { describeModel } from '../models/config/describe';
import type { ModelSpec } from '../models/model-spec';
import type { Models } from '../models/models';

/** Substring matches of a label count from this length up (`aiaa-api.md` §1.1). */
const SHORTEST_SUBSTRING = 3;

/** `GET /v1/models`: an array, or one object with `?model=` (`aiaa-api.md` §8). Answers from the gateway's own list, never asks Triton. */
export function listModels(models: Models) {
  return function answerModels(request: Request, response: Response): void {
    const { model, label, type } = request.query;
    if (typeof model === 'string' && model) {
      const { spec } = models.get(model);
      response.json(spec ? describeModel(spec) : models.getReady(model));
      return;
    }
    const specs = models.list().flatMap((one) => one.spec ?? []);
    response.json(specs.filter((spec) => matchesType(spec, type) && matchesLabel(spec, label)).map(describeModel));
  };
}

function matchesType(spec: ModelSpec, type: unknown): boolean {
  return typeof type !== 'string' || !type || spec.type === type.toLowerCase();
}

function matchesLabel(spec: ModelSpec, label: unknown): boolean {
  if (typeof label !== 'string' || !label) return true;
  const wanted = label.toLowerCase();
  return spec.labels.some((name) => {
    const have = name.toLowerCase();
    const shorter = Math.min(have.length, wanted.length);
    return have === wanted || (shorter >= SHORTEST_SUBSTRING && (have.includes(wanted) || wanted.includes(have)));
  });
}
