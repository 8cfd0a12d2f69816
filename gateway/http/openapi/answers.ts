import { z } from 'zod';

/** What routes answer, for the reader of the document. */

export const modelEntry = z.looseObject({
  name: z.string(),
  type: z.enum(['segmentation', 'annotation', 'classification', 'deepgrow', 'others', 'pipeline']),
  labels: z.array(z.string()).describe('Names of the label values 1, 2, …'),
  description: z.string(),
  version: z.string(),
});

export const modelState = z.object({
  name: z.string(),
  state: z.enum(['loading', 'ready', 'failed']),
  reason: z.string().optional().describe('Why it is not ready.'),
});

export const readiness = z.object({
  ready: z.boolean(),
  triton: z.object({
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
  }),
  models: z.array(modelState),
});

export const storedModel = z.object({
  name: z.string(),
  type: z.string().nullable(),
  state: z.enum(['loading', 'ready', 'failed', 'downloading']),
  reason: z.string(),
  version: z.number().optional(),
  platform: z.string().nullish(),
  uploaded: z.string().optional(),
  versions: z
    .array(z.object({ version: z.number(), uploaded: z.string() }))
    .optional()
    .describe('Kept versions, which PATCH goes back to.'),
  warnings: z.array(z.string()).optional().describe('What its config and its last examination give to think about.'),
  last_call: z.string().nullish().describe('When it was last called since the gateway started.'),
  download: z
    .object({ from: z.string(), bytes: z.number(), total: z.number().optional() })
    .optional()
    .describe('How far a download for it has come.'),
});

export const published = z.object({
  success: z.literal(true),
  model: modelEntry,
  triton: z.object({ state: z.string(), version: z.string(), platform: z.string().nullish() }),
  warnings: z.array(z.string()),
  dry_run: z
    .object({
      inputs: z.array(z.string()),
      outputs: z.array(z.string()),
      firstMs: z.number(),
      secondMs: z.number(),
      tensorsMb: z.number(),
    })
    .optional()
    .describe('A trial run on zeros.'),
});

const sessionInfo = z.object({
  name: z.string(),
  image: z.string(),
  meta: z.object({
    format: z.string(),
    shape: z.array(z.number()).optional(),
    files: z.number().optional().describe('DICOM files it was made of.'),
  }),
  create_ts: z.number().describe('Seconds since 1970.'),
  last_access_ts: z.number(),
  expiry: z.number().describe('Seconds without use after which it ends.'),
  warnings: z
    .array(z.string())
    .describe('What is to know of how the image was read; said again with each call on the session.'),
});

export const newSession = z.object({ session_id: z.string(), session_info: sessionInfo });

/** The facts stand at the top for MONAI Label's clients and in `session_info` for AIAA's. */
export const session = newSession.extend(sessionInfo.shape);

export const resultJson = z.looseObject({
  points: z.array(z.array(z.number())).optional().describe('Extreme points of the mask, where the model gives them.'),
});

const polygon = z.array(z.array(z.number()));
export const polygonsPerSlice = z.array(z.array(polygon));
export const fixedPolygons = z.object({ poly: z.array(z.unknown()).describe('Nested as it was sent.') });

export const logLine = z.looseObject({
  timestamp: z.string(),
  level: z.string(),
  message: z.string(),
  request: z.string().optional().describe('Id of the request, its X-Request-Id.'),
});

export const monaiLabelInfo = z.looseObject({
  name: z.string(),
  description: z.string(),
  version: z.string(),
  labels: z.array(z.string()),
  models: z.record(
    z.string(),
    z.object({
      type: z.string(),
      labels: z.record(z.string(), z.number()),
      dimension: z.union([z.literal(2), z.literal(3)]),
      description: z.string(),
      config: z.object({}),
    }),
  ),
});
