import type { Request, Response } from 'express';
import { slicerBox, slicerPoint } from '../../../contract/interactive';
import { fail, type GatewayError } from '../../../errors';
import type { Box } from '../../../interaction';
import { known, say } from '../../../sentence';
import type { Lease } from '../../../sessions/leases/lease-store';
import type { UploadCall } from '../../endpoint';
import type { Services } from '../../services';
import { forgetPrompts, keepImage } from '../nninteractive/image-calls';
import { beginningModel, checkInitial, checkPrompt, interactiveModel } from '../nninteractive/models';
import * as prompts from '../nninteractive/prompts';
import { asDetail, imageShapeOf, ownerOf, readJson, sentToken } from '../nninteractive/protocol';

// The server that SlicerNNInteractive brought along until July 2026 (nninteractive-slicer-server 0.3.2): one image for each client, which has no id.

type Handler = (call: UploadCall, services: Services) => Promise<void>;

const NPY = { kind: 'npy' } as const;
const MULTIPART = /^\s*multipart\//i;
const OLDER_BODY = /"(?:voxel_coord|outer_point_one)"/;
const YES = /^(?:true|1|yes)$/i;

/** A handler of a path that both protocols have: the older one sends no lease, and forms where the newer one sends packed arrays. */
export function orOlder(newer: Handler, older: Handler): Handler {
  return function takeEither(call, services) {
    const { request, response, upload } = call;
    const isOlder = sendsForm(request) || (sentToken(request) === undefined && OLDER_BODY.test(upload.json ?? ''));
    response.locals.older = isOlder;
    return (isOlder ? older : newer)(call, services);
  };
}

const sendsForm = (request: Request) =>
  sentToken(request) === undefined && MULTIPART.test(request.get('content-type') ?? '');

/** Refusals of access have their status. All else has 200: the client shows the sentence of such an answer, and of others the status alone. */
export const asMessage = ({ status, code, message }: GatewayError) => ({
  status: status === 401 || status === 403 ? status : 200,
  body: code === 'LEASE_EXPIRED' ? NO_IMAGE : { status: 'error', message, code },
});

/** At these words it sends image and segment again by itself. */
const NO_IMAGE = { status: 'error', message: 'No image uploaded' };

export const asEither = (error: GatewayError, response?: Response) =>
  response && (response.locals.older === true || sendsForm(response.req)) ? asMessage(error) : asDetail(error);

/** `POST /upload_image` */
export async function uploadImage(call: UploadCall, services: Services): Promise<void> {
  const { leases } = services;
  const { token, owner, model } = await clientOf(call, services);
  const lease = await found(call, services).catch(async () => {
    beginningModel(model, services);
    return leases.find(await leases.claim(model, owner, 'slicer', token), owner, 'slicer');
  });
  await keepImage(call, services, lease, { form: NPY, buffer: 'uint8' });
  call.response.setHeader('Content-Type', 'application/json').json({ status: 'ok' });
}

/** `POST /upload_segment`: an empty one begins anew. */
export async function uploadSegment(call: UploadCall, services: Services): Promise<void> {
  const lease = await leaseOf(call, services);
  const initial = await prompts.inTurn(call, services, lease, async () => {
    const name = await prompts.receiveAnyMask(call, services, lease, { form: NPY });
    if (name === undefined) return undefined;
    checkInitial(interactiveModel(lease.record.model, services).spec);
    await services.leases.commit(lease, prompts.beginWith(name));
    return name;
  });
  if (initial === undefined) await forgetPrompts(services, lease);
  call.response.json({ status: 'ok' });
}

export async function addPoint(call: UploadCall, services: Services): Promise<void> {
  const lease = await leaseOf(call, services);
  const { voxel_coord: at, positive_click: positive } = readJson(call, slicerPoint);
  prompts.checkPoint(at, imageShapeOf(lease));
  await prompts.addPrompt(call, services, lease, () => Promise.resolve({ kind: 'point', at, positive }));
}

/** Opposite corners in any order, which may lie outside: [smaller, larger) along each axis, and one slice where they are equal. */
export async function addBox(call: UploadCall, services: Services): Promise<void> {
  const lease = await leaseOf(call, services);
  const { outer_point_one: one, outer_point_two: two, positive_click: positive } = readJson(call, slicerBox);
  const shape = imageShapeOf(lease);
  const box: Box = one.map((a, d) => {
    const [first, end] = [Math.min(a, two[d]), Math.max(a, two[d])];
    return [Math.max(first, 0), Math.min(Math.max(end, first + 1), shape[d])] as const;
  });
  if (box.some(([first, end]) => end <= first)) throw prompts.outside(`the box ${JSON.stringify([one, two])}`, shape);
  await prompts.addPrompt(call, services, lease, () => Promise.resolve({ kind: 'box', box, positive }));
}

export function addMask(kind: 'scribble' | 'lasso'): Handler {
  return async function addOlderMask(call, services) {
    const lease = await leaseOf(call, services);
    const { positive_click: said } = call.upload.fields;
    if (said === undefined)
      throw fail('BAD_PARAMS', { what: say`the form has no field ${known('positive_click')}: True or False` });
    const positive = YES.test(said);
    checkPrompt(interactiveModel(lease.record.model, services).spec, { kind, mask: '', positive });
    await prompts.addPrompt(call, services, lease, async () => {
      return { kind, mask: await prompts.receiveMask(call, services, lease, { form: NPY }), positive };
    });
  };
}

/** What a client is known by: its address, its access token and its URL. Two people behind one address share an image, as they did before. */
async function clientOf({ request, response, path }: UploadCall, services: Services) {
  const model = path.model ?? services.settings.interactive_model ?? interactiveModel(undefined, services).spec.name;
  const owner = await ownerOf(response, services.users);
  return { token: JSON.stringify(['slicer', request.ip, owner, path.model]), owner, model };
}

async function found(call: UploadCall, services: Services): Promise<Lease> {
  const { token, owner } = await clientOf(call, services);
  return services.leases.find(token, owner, 'slicer');
}

/** @throws LEASE_EXPIRED where there is no image */
async function leaseOf(call: UploadCall, services: Services): Promise<Lease> {
  const lease = await found(call, services);
  if (lease.record.image) return lease;
  throw fail('LEASE_EXPIRED');
}
