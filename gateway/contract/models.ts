import { z } from 'zod';

/** `GET /v1/models`; the extra keys are the model's own (`padding`, `roi`, …). */
export const modelEntry = z.looseObject({
  name: z.string(),
  type: z.enum(['segmentation', 'annotation', 'classification', 'deepgrow', 'others', 'pipeline']),
  labels: z.array(z.string()).describe('Names of the label values 1, 2, …'),
  description: z.string(),
  version: z.string(),
});
export type ModelEntry = z.infer<typeof modelEntry>;

const state = z
  .enum(['loading', 'ready', 'failed', 'damaged'])
  .describe('`damaged`: its files on the disk of the server cannot be read; one that served before goes on serving.');

const tritonState = z.object({
  url: z.string(),
  live: z.boolean(),
  shared_memory: z
    .object({
      expected: z.boolean(),
      used: z.boolean().nullable(),
      reason: z.string(),
      remedy: z.string().optional(),
    })
    .describe('Whether large tensors go through shared memory; `used` is null while Triton does not answer.'),
});

/** `GET /health/ready`, with status 200 and 503. */
export const readiness = z.object({
  ready: z.boolean(),
  triton: tritonState,
  tensorflow_triton: tritonState.optional().describe('Where TensorFlow models have a Triton of their own.'),
  models: z.array(
    z.object({ name: z.string(), state, reason: z.string().optional().describe('Why it is not ready.') }),
  ),
});
export type Readiness = z.infer<typeof readiness>;

/** One entry of `GET /admin/model`. A model whose first download is under way has no version yet. */
export const storedModel = z.object({
  name: z.string(),
  type: z.string().nullable(),
  state: z.enum([...state.options, 'downloading']),
  reason: z.string(),
  version: z.number().optional(),
  platform: z.string().nullish(),
  uploaded: z.string().optional().describe('ISO 8601.'),
  versions: z
    .array(z.object({ version: z.number(), uploaded: z.string() }))
    .optional()
    .describe('Kept versions that PATCH can go back to, the oldest first.'),
  warnings: z.array(z.string()).optional().describe('Warnings about its config and from its last examination.'),
  last_call: z.string().nullish().describe('When it was last called since the gateway started.'),
  download: z
    .object({ from: z.string(), bytes: z.number(), total: z.number().optional() })
    .optional()
    .describe('Progress of a download for this model.'),
});
export type StoredModel = z.infer<typeof storedModel>;

export const dryRun = z.object({
  inputs: z.array(z.string()).describe('Name, type and shape of each tensor.'),
  outputs: z.array(z.string()),
  firstMs: z.number(),
  secondMs: z.number(),
  tensorsMb: z.number().describe('All tensors of one call, in units of 2^20 bytes.'),
  backendMb: z.number().optional().describe("Memory of Triton's backend for this model, where Triton reports it."),
});
export type DryRun = z.infer<typeof dryRun>;

/** The answer once Triton serves a model that was uploaded, changed or rolled back. */
export const published = z.object({
  success: z.literal(true),
  model: modelEntry,
  triton: z.object({ state: z.string(), version: z.string(), platform: z.string().nullish() }),
  warnings: z.array(z.string()),
  about: z
    .array(z.string())
    .optional()
    .describe('Of a model of nnU-Net: network, patch, spacing, channels, labels, memory, and what is not exact.'),
  dry_run: dryRun.optional().describe('A trial run on zeros.'),
});
export type Published = z.infer<typeof published>;

/** `GET /admin/model/:name?check=true`: the model was examined again. */
export const examined = published.extend({ errors: z.array(z.string()) });
export type Examined = z.infer<typeof examined>;

export const configProblem = z.looseObject({
  path: z.string().describe('As in `pre_transforms[2].args.pixdim`; empty for the whole config.'),
  message: z.string(),
});
export type ConfigProblem = z.infer<typeof configProblem>;

/** `PATCH /admin/model/:name?check=true`: nothing was changed. */
export const configCheck = z.object({
  success: z.boolean(),
  errors: z.array(configProblem),
  warnings: z.array(z.string()),
});
export type ConfigCheck = z.infer<typeof configCheck>;

/** A JSON config as a model author sends it, and as `GET /admin/model/:name` gives it back. */
export const modelConfig = z
  .looseObject({})
  .describe('config_aiaa.json of Clara Train 2, 3 or 4, or the inference.json of a MONAI bundle.');

export const removed = z.object({ success: z.literal(true), removed: z.string() });

const monaiLabelModel = z.object({
  type: z.string().describe('`segmentation`, `annotation`, `classification`, `deepgrow` or `others`.'),
  labels: z.record(z.string(), z.number()).describe('Label value of each name.'),
  dimension: z.union([z.literal(2), z.literal(3)]).describe('2: single slices; MITK offers the model in its 2D tool.'),
  description: z.string(),
  config: z.object({}).describe('Options that a plug-in shows: none.'),
});
export type MonaiLabelModel = z.infer<typeof monaiLabelModel>;

/** `GET /info/` of MONAI Label. */
export const monaiLabelInfo = z.looseObject({
  name: z.string(),
  description: z.string(),
  version: z.string(),
  labels: z.array(z.string()),
  models: z.record(z.string(), monaiLabelModel),
});
