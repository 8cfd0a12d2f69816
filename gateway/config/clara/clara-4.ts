import { z } from 'zod';
import type { ModelSpec } from '../../model-spec';
import { readHead } from './head';
import { engineSchema, readAiaaEngine } from './clara-4-engine';
import { readSection } from '../section';
import type { Reading } from '../reading';
import { nonEmptyText, optional } from '../values';

export const inferenceSchema = z.strictObject(
  {
    input: optional(nonEmptyText),
    output: optional(nonEmptyText),
    meta_data: optional(z.unknown()),
    AIAA: optional(engineSchema),
    TRITON: optional(engineSchema),
  },
  { error: 'an object with a part TRITON or AIAA' },
);

/** Clara 4.0 and 4.1 (`aiaa-api.md` §10.5): a part for each engine, of which Triton's is the one that counts here. */
export function readClara4(config: Record<string, unknown>, reading: Reading): ModelSpec | undefined {
  const head = readHead(config, '1', reading);
  const inference = readSection(inferenceSchema, config.inference, ['inference'], reading.findings);
  const part = inference?.TRITON ? 'TRITON' : 'AIAA';
  const engine = inference?.[part];
  if (inference && !engine)
    reading.findings.add(
      ['inference', 'TRITON'],
      undefined,
      'a part TRITON or AIAA with the name and args of the inference',
    );
  return readAiaaEngine(config, head, 'clara-4', {
    engine,
    path: ['inference', part],
    triton: engine?.triton_model_config,
    tritonPath: ['inference', part, 'triton_model_config'],
    fields: { input: inference?.input, output: inference?.output },
    metaData: inference?.meta_data,
    reading,
  });
}
