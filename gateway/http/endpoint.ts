import type { NextFunction, Request, Response } from 'express';
import { z } from 'zod';
import { accessErrors } from '../access/error-codes';
import type { Rule } from '../access/gate';
import type { ParamsSchema } from '../contract/params';
import type { QuerySchema } from '../contract/queries';
import type { ErrorCode, fail, GatewayError } from '../errors';
import { paramsErrors } from '../jobs/error-codes';
import type { RequestParams } from '../pipeline/job';
import { uploadErrors, type Upload } from './multipart/upload';
import type { Services } from './services';

export type Tag =
  | 'inference'
  | 'polygons'
  | 'jobs'
  | 'dashboard'
  | 'models'
  | 'sessions'
  | 'admin'
  | 'server'
  | 'MONAI Label'
  | 'nnInteractive'
  | 'SlicerNNInteractive'
  | 'ITK-SNAP';

/** Makes an error whose code the endpoint declares. */
export type Fail<Code extends ErrorCode> = (
  code: Code,
  ...rest: Parameters<typeof fail> extends [ErrorCode, ...infer Rest] ? Rest : never
) => ReturnType<typeof fail>;

/** A request as its endpoint's schemas read it. */
export interface Call<Code extends ErrorCode = never, Query = unknown> {
  request: Request;
  response: Response;
  next: NextFunction;
  /** The segments of the path that have a name. */
  path: Record<string, string>;
  query: Query;
  fail: Fail<Code>;
}

/** A call with a body. */
export interface UploadCall<Code extends ErrorCode = never, Query = unknown> extends Call<Code, Query> {
  upload: Upload;
  /** The form field `params`, or the JSON body; empty where the endpoint reads no params. */
  params: RequestParams;
}

export interface Body {
  required: boolean;
  description: string;
  /** The form field `params`, or the JSON body. */
  params?: ParamsSchema;
  /** Whether its handler may be called ahead, while the image arrives: again from the begin if what it calls could not wait. @default false */
  ahead?: boolean;
  /** Whether the job reads its params, in its thread: polygons may have megabytes. The call has none then. @default false */
  readByJob?: boolean;
  /** Form files by name. */
  files?: Record<string, string>;
  /** A JSON body that is not `params`. */
  json?: z.ZodType;
  /** The body itself is a file: an array as nnInteractive packs it. @default false */
  packedArray?: boolean;
}

/** Bodies of the answer 200, by content type. */
export interface Answer {
  description: string;
  /** The meaning of its headers, by name. */
  headers?: Record<string, string>;
  content: Record<string, z.ZodType | 'file' | { params: z.ZodType; image: 'file' }>;
}

/** One endpoint: all that the server, its guards, its log and its documentation know of a method on a path. */
export type Endpoint = Rule & {
  method: 'get' | 'put' | 'post' | 'patch' | 'delete';
  /** As Express reads it: `/session/:id`. */
  path: string;
  tag: Tag;
  summary: string;
  /** More than the summary says, as Markdown. */
  description?: string;
  /** Programs and pages ask for it every few seconds: its requests are not in the history, and in the log only at the level debug. */
  polled?: boolean;
  /** Whether its requests are jobs, which `/v1/jobs` shows. */
  job?: boolean;
  query?: QuerySchema;
  body?: Body;
  answer: Answer;
  /** Other answers than 200 that are not errors of the catalogue. */
  others?: Record<number, string>;
  /** Codes that its handler answers with; see {@link errorsOf} for those that its other fields imply. */
  errors?: readonly ErrorCode[];
  /** How clients of this protocol are told of errors. @default AIAA's body, with the status of the code */
  tellErrors?: (error: GatewayError, response?: Response) => { status: number; body: object };
  /** Arguments of curl, with `$SERVER` for the server's URL. @default method and path, with the password of the dashboard */
  curl?: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- what a call is depends on the other fields; `group` checks it
  handler: (call: any, services: Services) => void | Promise<void>;
};

type Group = Rule & Pick<Endpoint, 'tag' | 'tellErrors'>;
type CodesOf<Errors> = Errors extends readonly (infer Code extends ErrorCode)[] ? Code : never;
type OutputOf<Query> = Query extends QuerySchema ? z.output<Query> : unknown;

/** The facts of a row beside method, path, summary and those of its group. */
type Row<Errors, Query, Form> = Omit<Endpoint, keyof Rule | 'tag' | 'method' | 'path' | 'summary' | 'handler'> & {
  errors?: Errors;
  query?: Query;
  body?: Form;
  handler: (
    call: Form extends Body
      ? UploadCall<CodesOf<Errors> | CodesOf<typeof bodyErrors>, OutputOf<Query>>
      : Call<CodesOf<Errors>, OutputOf<Query>>,
    services: Services,
  ) => void | Promise<void>;
};

/**
 * Functions that make the endpoints of a group. A handler is checked against its row: the query it is given, the body, and the codes it can fail
 * with.
 * @example
 * const { get } = group({ access: 'clients', origins: 'allowed', tag: 'jobs' });
 * get('/v1/jobs/:job', 'How far an inference is', {
 *   answer: json('The job.', job),
 *   errors: ['JOB_NOT_FOUND'],
 *   handler: ({ response, path, fail }, { jobs }) => { … throw fail('JOB_NOT_FOUND', { job: path.job }); },
 * });
 */
export function group(common: Group) {
  const making =
    (method: Endpoint['method']) =>
    <
      const Errors extends readonly ErrorCode[] | undefined = undefined,
      Query extends QuerySchema | undefined = undefined,
      Form extends Body | undefined = undefined,
    >(
      path: string,
      summary: string,
      row: Row<Errors, Query, Form>,
    ): Endpoint => ({ ...common, method, path, summary, ...row });
  return {
    get: making('get'),
    put: making('put'),
    post: making('post'),
    patch: making('patch'),
    del: making('delete'),
  };
}

const answerOf =
  (type: string) =>
  (description: string, body: z.ZodType | 'file' = 'file', headers?: Answer['headers']): Answer => ({
    description,
    headers,
    content: { [type]: body },
  });

export const json = answerOf('application/json');
export const file = answerOf('application/octet-stream');

/** An answer that is text, in one of these types. */
export const text = (description: string, ...types: string[]): Answer => ({
  description,
  content: Object.fromEntries(types.map((type) => [type, z.string()])),
});

const bodyErrors = [...paramsErrors, ...uploadErrors] as const;

/** Every code that an endpoint can answer with. */
export function errorsOf(row: Endpoint): ErrorCode[] {
  return [
    ...(row.errors ?? []),
    ...(row.query ? (['BAD_PARAMS'] as const) : []),
    ...(row.body ? bodyErrors : []),
    ...accessErrors(row),
    'DISK_FAILED',
    'INTERNAL',
  ];
}

/** A function that finds the endpoints of a path, whatever the method: the path of a request, without prefix and query. */
export function endpointFinder(endpoints: readonly Endpoint[]): (path: string) => Endpoint[] {
  const rows = endpoints.map((row) => ({ row, pattern: patternOf(row.path) }));
  return (path) => rows.filter(({ pattern }) => pattern.test(path)).map(({ row }) => row);
}

/** As Express reads a template: `:name` is one segment, `*name` any number; case and a slash at the end do not count. */
function patternOf(template: string): RegExp {
  const source = template
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/:\w+/g, '[^/]+')
    .replace(/\*\w+/g, '.+')
    .replace(/\/$/, '');
  return new RegExp(`^${source}/?$`, 'i');
}
