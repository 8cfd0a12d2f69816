import type { z } from 'zod';
import { rawMetadata } from '../../../contract/interactive';
import type { clickQuery, foregroundQuery, legacyClickQuery } from '../../../contract/queries';
import { fail, type GatewayError } from '../../../errors';
import type { StreamedForm } from '../../../pipeline/job';
import type { ModelSpec } from '../../../model-spec';
import { known, say } from '../../../sentence';
import type { Lease } from '../../../sessions/leases/lease-store';
import type { Call, UploadCall } from '../../endpoint';
import { refuseLinks } from '../../middleware/access';
import type { Services } from '../../services';
import { forgetPrompts, keepImage } from '../nninteractive/image-calls';
import {
  beginningModel,
  capabilitiesOf,
  checkPrompt,
  interactiveModel,
  modelsThatTakePrompts,
} from '../nninteractive/models';
import { addPrompt, checkPoint, receiveMask } from '../nninteractive/prompts';
import { imageShapeOf, ownerOf, readObject } from '../nninteractive/protocol';

// ITK-SNAP's protocol of deep learning segmentation, as itksnap-dls 0.1.6 serves it. Voxel indices are x, y, z.

const YES = /^(?:true|1|on|yes|t|y)$/i;

/** Version of the server that this protocol is taken from: ITK-SNAP shows it, and asks for nothing more. */
export const DLS_VERSION = '0.1.6';

/** FastAPI's bodies, and a session that is over as that server tells of it. */
export const asDls = ({ code, status, message }: GatewayError) =>
  code === 'LEASE_EXPIRED'
    ? { status: 200, body: { error: 'Invalid session' } }
    : { status: code === 'BAD_PARAMS' ? 422 : status, body: { detail: message, error: message, code } };

/** `GET /v2/models`: the one of `--interactive_model` first. */
export function listDlsModels({ response }: Call, { models, settings }: Services): void {
  const { interactive_model: preferred } = settings;
  const entries = modelsThatTakePrompts(models).map(({ name, spec }) => entryOf(name, spec!));
  const first = preferred === undefined ? undefined : entries.find(({ id }) => id === preferred.split('+', 1)[0]);
  const listed = first ? [{ ...first, id: preferred! }, ...entries.filter(({ id }) => id !== preferred)] : entries;
  response.json({ models: listed });
}

const NAMES = { points: 'point', bbox2d: 'box', bbox3d: 'box', scribble: 'scribble', lasso: 'lasso' } as const;

function entryOf(id: string, spec: ModelSpec) {
  const { supported_interactions: takes } = capabilitiesOf(spec);
  const order = ['points', 'bbox2d', 'bbox3d', 'scribble', 'lasso'] as const;
  const interactions = [...new Set(order.filter((name) => takes[name]).map((name) => NAMES[name]))];
  return { id, channels: [1], dimensions: 3, interactions };
}

/** `GET /start_session`, `GET /v2/start_session/:model` */
export async function startSession(call: Call, services: Services): Promise<void> {
  const { request, response, path } = call;
  refuseLinks(request, response);
  const { spec } = interactiveModel(path.model, services);
  const name = path.model ?? services.settings.interactive_model ?? spec.name;
  beginningModel(name, services);
  const session_id = await services.leases.claim(name, await ownerOf(response, services.users), 'dls');
  response.json({ session_id });
}

/** `POST /upload_raw/:sid` */
export async function uploadRaw(call: UploadCall, services: Services): Promise<void> {
  const lease = await leaseOf(call, services);
  await keepImage(call, services, lease, { form: formOf(call), buffer: 'uint8' });
  call.response.json({ message: 'NIFTI file uploaded and stored in GPU memory' });
}

/** `GET /process_point_interaction/:sid`, with x, y and z, or with three times `point` */
export async function addDlsPoint(
  call: UploadCall<never, z.output<typeof clickQuery> | z.output<typeof legacyClickQuery>>,
  services: Services,
): Promise<void> {
  refuseLinks(call.request, call.response);
  const lease = await leaseOf(call, services);
  const { query } = call;
  const at = 'point' in query ? query.point.toReversed() : [query.z, query.y, query.x];
  checkPoint(at, imageShapeOf(lease));
  await addPrompt(call, services, lease, () => Promise.resolve({ kind: 'point', at, positive: isForeground(query) }));
}

/** `POST /process_scribble_interaction/:sid`, `/process_lasso_interaction/:sid` */
export function addDlsMask(kind: 'scribble' | 'lasso') {
  return async function addImageMask(
    call: UploadCall<never, z.output<typeof foregroundQuery>>,
    services: Services,
  ): Promise<void> {
    const lease = await leaseOf(call, services);
    const form = formOf(call);
    const positive = isForeground(call.query);
    imageShapeOf(lease);
    checkPrompt(interactiveModel(lease.record.model, services).spec, { kind, mask: '', positive });
    await addPrompt(call, services, lease, async () => {
      return { kind, mask: await receiveMask(call, services, lease, { form }), positive };
    });
  };
}

/** `GET /reset_interactions/:sid` */
export async function resetDls(call: Call, services: Services): Promise<void> {
  refuseLinks(call.request, call.response);
  await forgetPrompts(services, await leaseOf(call, services));
  call.response.json({ status: 'success' });
}

/** `GET /end_session/:sid` */
export async function endSession(call: Call, services: Services): Promise<void> {
  refuseLinks(call.request, call.response);
  const lease = await leaseOf(call, services).catch(() => undefined);
  if (lease) await services.leases.end(lease);
  call.response.json({ message: lease ? 'Session ended' : 'Invalid session' });
}

const isForeground = ({ foreground }: { foreground?: string }) => YES.test(foreground ?? '');

async function leaseOf({ path, response }: Call, { leases, users }: Services): Promise<Lease> {
  return leases.find(path.sid, await ownerOf(response, users), 'dls');
}

/** What the form says of its file. @throws BAD_PARAMS, BODY_NOT_AN_OBJECT, FIELD_TOO_LARGE */
function formOf({ upload: { fields } }: UploadCall): StreamedForm {
  if (fields.metadata === undefined)
    throw fail('BAD_PARAMS', { what: say`the form has no field ${known('metadata')}: {"dimensions": [x, y, z], "components_per_pixel": 1}` }); // prettier-ignore
  const { dimensions, components_per_pixel: components } = readObject(fields.metadata, rawMetadata, 'metadata');
  if (components !== 1)
    throw fail('BAD_PARAMS', { what: say`the image has ${components} components per pixel, and the models here take one: choose a layer with gray values` }); // prettier-ignore
  return { kind: 'floats', shape: dimensions.toReversed() };
}
