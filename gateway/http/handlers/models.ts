import type { Request, Response } from 'express';
import { z } from 'zod';
import { describeModel } from '../../config/describe';
import type { ModelSpec } from '../../model-spec';
import type { Catalog } from '../../deployment/catalog';
import { queryText, readQuery } from '../request-query';

/** Substring matches of a label count from this length up (`aiaa-api.md` §1.1). */
const SHORTEST_SUBSTRING = 3;

export const modelsQuery = z.object({
  model: queryText('One model: the answer is its entry and no array.'),
  label: queryText('Models with such a label: the same name in any case, or a part of it from three characters on.'),
  type: queryText('Models of this type, in any case.'),
});

/** `GET /v1/models`: an array, or one object with `?model=` (`aiaa-api.md` §8). Answers from the gateway's own list, never asks Triton. */
export function listModels(models: Catalog) {
  return function answerModels(request: Request, response: Response): void {
    const { model, label, type } = readQuery(modelsQuery, request);
    if (model) {
      const { spec } = models.get(model);
      response.json(spec ? describeModel(spec) : models.getReady(model));
      return;
    }
    const specs = models.list().flatMap((one) => one.spec ?? []);
    response.json(specs.filter((spec) => matchesType(spec, type) && matchesLabel(spec, label)).map(describeModel));
  };
}

function matchesType(spec: ModelSpec, type: string | undefined): boolean {
  return type === undefined || spec.type === type.toLowerCase();
}

function matchesLabel(spec: ModelSpec, label: string | undefined): boolean {
  if (label === undefined) return true;
  const wanted = label.toLowerCase();
  return spec.labels.some((name) => {
    const have = name.toLowerCase();
    const shorter = Math.min(have.length, wanted.length);
    return have === wanted || (shorter >= SHORTEST_SUBSTRING && (have.includes(wanted) || wanted.includes(have)));
  });
}
