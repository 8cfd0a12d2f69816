import type { z } from 'zod';
import type { ErrorCode } from '../../errors';
import type { ParamsSchema } from '../request-params';
import type { QuerySchema } from '../request-query';
import { WARNINGS_HEADER } from '../middleware/warnings';

export type Tag =
  'inference' | 'polygons' | 'jobs' | 'dashboard' | 'models' | 'sessions' | 'admin' | 'server' | 'MONAI Label';

/** One route of `app.ts` as the OpenAPI document tells of it. Its schemas are the ones that the route reads requests with. */
export interface Operation {
  method: 'get' | 'put' | 'post' | 'patch' | 'delete';
  /** As `app.ts` has it: `/session/:id`. */
  path: string;
  tag: Tag;
  summary: string;
  /** More than the summary says, as Markdown. */
  description?: string;
  query?: QuerySchema;
  body?: Body;
  answer: Answer;
  /** Other answers than 200 that are no errors of the catalogue. */
  others?: Record<number, string>;
  /** What can be answered of the catalogue; INTERNAL always can. */
  errors?: readonly ErrorCode[];
  /** Arguments of curl, with `$SERVER` for the server's URL. */
  curl: string;
}

export interface Body {
  required: boolean;
  description: string;
  /** The form field `params`, or the JSON body. */
  params?: ParamsSchema;
  /** Form files by name. */
  files?: Record<string, string>;
  /** A JSON body that is not `params`. */
  json?: z.ZodType;
}

/** Bodies of the answer 200, by content type. */
export type Answer = {
  description: string;
  /** What its headers mean, by name. */
  headers?: Record<string, string>;
  content: Record<string, z.ZodType | 'file' | { params: z.ZodType; image: 'file' }>;
};

/** The header of {@link warnClient}. */
export const warningsHeader = {
  [WARNINGS_HEADER]:
    'What the client should know beside the result: a JSON array of sentences in ASCII, at most 2 kB. Absent where there is nothing to say.',
};

/** What every route with a body can answer. */
export const uploadErrors = [
  'BAD_UPLOAD',
  'REQUEST_TIMEOUT',
  'TOO_LARGE',
  'TOO_MANY_PARTS',
  'FIELD_TOO_LARGE',
  'DISK_FULL',
] as const satisfies readonly ErrorCode[];

/** What every job can answer. */
export const jobErrors = [
  'UNREADABLE_IMAGE',
  'QUEUE_FULL',
  'STOPPING',
  'CANCELLED',
] as const satisfies readonly ErrorCode[];

/** What every call to a model can answer. */
export const modelErrors = [
  'MODEL_NOT_FOUND',
  'MODEL_NOT_READY',
  'MODEL_BUSY',
  'SESSION_EXPIRED',
  'NO_IMAGE',
  'TEXT_IN_PLACE_OF_FILE',
  'EMPTY_IMAGE',
  'UNSUPPORTED_IMAGE',
  'IMAGE_DOES_NOT_FIT',
  'TRANSFORM_FAILED',
  'BAD_TENSOR',
  'INFERENCE_FAILED',
  'TRITON_UNAVAILABLE',
  'TRITON_TIMEOUT',
] as const satisfies readonly ErrorCode[];
