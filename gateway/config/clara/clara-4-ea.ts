import { z } from 'zod';
import type { ModelSpec } from '../../model-spec';
import { engineSchema, readAiaaEngine } from './clara-4-engine';
import { readHead } from './head';
import type { Reading } from '../reading';
import { readSection } from '../section';
import { nonEmptyText, optional } from '../values';

export const inferenceSchema = z.strictObject(
  {
    ...engineSchema.shape,
    input: optional(nonEmptyText),
    output: optional(nonEmptyText),
    meta_data: optional(z.unknown()),
  },
  { error: 'an object with name and args' },
);

/** Clara 4 early access, March 2021 (`aiaa-api.md` §10.7): a flat `inference`, Triton's config at the top of the file. */
export function readClara4EarlyAccess(config: Record<string, unknown>, reading: Reading): ModelSpec | undefined {
  const head = readHead(config, '1', reading);
  const inference = readSection(inferenceSchema, config.inference, ['inference'], reading.findings);
  return readAiaaEngine(config, head, 'clara-4-ea', {
    engine: inference,
    path: ['inference'],
    triton: config.triton ?? inference?.triton_model_config,
    tritonPath: config.triton ? ['triton'] : ['inference', 'triton_model_config'],
    fields: { input: inference?.input, output: inference?.output },
    metaData: inference?.meta_data,
    reading,
  });
}
