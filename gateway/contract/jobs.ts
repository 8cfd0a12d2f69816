import { z } from 'zod';

/** An inference, from the arrival of its request to the end of its answer. */
export const job = z.object({
  id: z.string().describe('The X-Request-Id of the request.'),
  endpoint: z.string(),
  model: z.string().nullable(),
  client: z.string().describe('Address of the client.'),
  state: z.enum(['queued', 'running', 'done', 'failed', 'cancelled']),
  position: z.number().nullable().describe('Place among the waiting jobs, from 1.'),
  stage: z
    .string()
    .nullable()
    .describe(
      '`upload`, `decode`, `cache`, `pre`, `window`, `triton`, `seeds`, `polygons`, `post`, `write`, `answer`.',
    ),
  progress: z.number().describe('0 to 1, never going back.'),
  windows: z
    .object({ done: z.number(), total: z.number() })
    .nullable()
    .describe('Windows through the network; slices for a pipeline.'),
  created: z.string().describe('ISO 8601.'),
  queued_ms: z.number(),
  running_ms: z.number(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  warnings: z.array(z.string()).describe('What its client is told beside the result, one sentence each.'),
});
export type Job = z.infer<typeof job>;
export type JobState = Job['state'];

export const jobList = z.object({ jobs: z.array(job) });

/** The JSON part of an inference's answer; a model's own numbers stand beside the points. */
export const resultJson = z.looseObject({
  points: z.array(z.array(z.number())).optional().describe('Extreme points of the mask, where the model gives them.'),
});

const polygon = z.array(z.array(z.number()));
export const polygonsPerSlice = z.array(z.array(polygon));
export const fixedPolygons = z.object({ poly: z.array(z.unknown()).describe('Nested as it was sent.') });
