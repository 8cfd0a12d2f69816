import { z } from 'zod';

/** The body of every error. Facts such as the `findings` of a config check stand beside the code. */
export const errorBody = z.object({
  success: z.literal(false),
  error: z.looseObject({
    type: z.string().describe('Name of the exception, as AIAA had it.'),
    message: z.array(z.string()).describe('One sentence.'),
    code: z.string().describe('Stable; docs/reference/errors.md lists all.'),
    request_id: z.string().describe('The X-Request-Id of the answer.'),
  }),
});
export type ErrorBody = z.infer<typeof errorBody>;

/** A line of the log; one that was cut off by a crash has no time. */
export const logLine = z.looseObject({
  timestamp: z.string().optional().describe('ISO 8601.'),
  level: z.string(),
  message: z.string(),
  request: z.string().optional().describe('Id of the request, its X-Request-Id.'),
  stack: z.string().optional().describe('Of an error.'),
  stages: z.record(z.string(), z.number()).optional().describe('Milliseconds by stage.'),
});
export type LogLine = z.infer<typeof logLine>;

/** `GET /v1/dashboard/access`. */
export const access = z.object({
  default_password: z.boolean().describe('admin/admin passes.'),
  aiaa_defaults: z.boolean().describe('Everybody may change models (`--aiaa_defaults`).'),
});
