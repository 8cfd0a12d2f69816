import type { Request, Response } from 'express';
import type { z } from 'zod';
import { limits } from '../../../contract/params';
import { readyErrors } from '../../../deployment/error-codes';
import { codes, fail, type ErrorCode, type GatewayError } from '../../../errors';
import { queueErrors } from '../../../jobs/error-codes';
import { modelJobErrors, sessionMaskErrors } from '../../../pipeline/error-codes';
import { imageErrors } from '../../multipart/form-fields';
import { known, say } from '../../../sentence';
import { importErrors } from '../../../sessions/error-codes';
import type { Lease } from '../../../sessions/leases/lease-store';
import { inferErrors } from '../../../triton/error-codes';
import type { Call, UploadCall } from '../../endpoint';
import type { Services } from '../../services';

/** Codes of every call that needs a lease, of one that sends something, and of one that is answered by a model. */
export const leaseCallErrors = codes('LEASE_EXPIRED');
export const sendErrors = codes(
  ...leaseCallErrors,
  ...sessionMaskErrors,
  'BODY_NOT_AN_OBJECT',
  'BAD_PARAMS',
  'FIELD_TOO_LARGE',
);
export const promptErrors = codes(
  ...sendErrors,
  ...queueErrors,
  ...importErrors,
  ...imageErrors,
  'SESSION_EXPIRED',
  ...readyErrors,
  ...modelJobErrors,
  ...inferErrors,
);

/** Clients take 503 for "no place is free", and 410 for "initialize again". */
const FULL: readonly ErrorCode[] = ['LEASES_TAKEN', 'QUEUE_FULL', 'MEMORY_BUSY'];
const statusOf = ({ code, status }: GatewayError) =>
  status === 440 ? 410 : status === 503 && !FULL.includes(code) ? 500 : status;

/** How nnInteractive's server tells of errors, with statuses that its clients know; they read the text alone. */
export const asDetail = (error: GatewayError) => ({
  status: statusOf(error),
  body: { detail: error.message, code: error.code },
});

const TOKEN = 'x-lease-token';
const META = 'X-Meta';

/** The token of a lease. */
export const sentToken = (request: Request): string | undefined => request.get(TOKEN);

/** The lease of a request. @throws LEASE_EXPIRED */
export async function leaseOf({ request, response, path }: Call, { leases, users }: Services): Promise<Lease> {
  const lease = leases.find(sentToken(request), await ownerOf(response, users));
  // A lease is for one model.
  if (path.model !== undefined && path.model !== lease.record.model) throw fail('LEASE_EXPIRED');
  // Several people may come from one address.
  request.run.user = `lease ${request.get(TOKEN)}`;
  return lease;
}

/** Whose lease it is: the hash of the access token, where one is asked for. */
export async function ownerOf({ locals }: Response, users: Services['users']): Promise<string | undefined> {
  return (await users.tokenHash(locals.token as string | undefined)) ?? undefined;
}

/** Lengths of the three axes of the image. @throws BAD_PARAMS where there is none */
export function imageShapeOf({ record: { image } }: Lease): number[] {
  if (image) return image.shape.slice(1);
  throw fail('BAD_PARAMS', { what: say`this session has no image yet: send it with POST /set_image` });
}

/** The JSON body of a call; none counts as `{}`. @throws BODY_NOT_AN_OBJECT, BAD_PARAMS, FIELD_TOO_LARGE */
export function readJson<S extends z.ZodType>({ upload }: UploadCall, schema: S): z.output<S> {
  return readObject(upload.json ?? '{}', schema, 'the body');
}

/** What the header X-Meta says of a packed array; nothing where it is missing. @throws as {@link readJson} */
export function readMeta<S extends z.ZodType>({ request }: { request: Request }, schema: S): z.output<S> {
  return readObject(request.get(META) ?? '{}', schema, META);
}

/** A JSON object that a client sends as text. @throws as {@link readJson} */
export function readObject<S extends z.ZodType>(text: string, schema: S, where: string): z.output<S> {
  if (text.length > limits.textBytes)
    throw fail('FIELD_TOO_LARGE', { what: known(where), limit: `${limits.textBytes / 2 ** 20} MB` });
  const value = parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw fail('BODY_NOT_AN_OBJECT', { where: known(where), text: text.slice(0, 200) });
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw fail('BAD_PARAMS', { what: say`${known(path.join('.') || where)}: ${known(message)}` });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Sends what a prediction changed. The header is ASCII on one line. */
export function metaHeader(meta: { ran_prediction: boolean; bbox: number[][] | null; dtype?: string }): Record<string, string> {
  const shape = meta.bbox && { shape: meta.bbox.map(([first, end]) => end - first) };
  return { [META]: JSON.stringify({ ...meta, ...shape }) };
} // prettier-ignore
