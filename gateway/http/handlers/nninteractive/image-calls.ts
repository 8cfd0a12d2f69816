import { stat } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { autozoom, imageMeta, noFacts, targetBuffer } from '../../../contract/interactive';
import { fail } from '../../../errors';
import { known, say } from '../../../sentence';
import type { StreamedForm } from '../../../pipeline/job';
import type { Lease } from '../../../sessions/leases/lease-store';
import type { UploadCall } from '../../endpoint';
import { clientGone } from '../../middleware/request-run';
import { uploadedImage } from '../../multipart/form-fields';
import { workInFolder } from '../../multipart/upload';
import type { Services } from '../../services';
import { beginMask } from './predict';
import { imageShapeOf, leaseOf, readJson, readMeta } from './protocol';

/** A client has an empty mask, and nothing was said yet. @param begun the mask that a model has made */
const nothingSaid = (begun: string | undefined) => ({
  interaction: { prompts: [], pending: false, initial: begun, mask: begun },
  undo: [],
  delivered: undefined,
});
/** Of the memory of the machine, for one target buffer. */
const SHARE = 0.25;

/** `POST /set_image` */
export async function setImage(call: UploadCall, services: Services): Promise<void> {
  const lease = await leaseOf(call, services);
  const spacing = readMeta(call, imageMeta).image_properties?.spacing ?? undefined;
  const shape = await keepImage(call, services, lease, { spacing });
  call.response.json({ original_image_shape: shape });
}

/**
 * The image is kept as a session, and all that was said before is forgotten.
 * @param form as it is sent. @param buffer numpy's name of the voxels of the client's mask, where they are known already
 * @returns its shape [channel, x, y, z]
 */
export function keepImage(
  call: UploadCall,
  services: Services,
  lease: Lease,
  { spacing, form, buffer }: { spacing?: readonly number[]; form?: StreamedForm; buffer?: string },
): Promise<number[]> {
  const { request, response, upload } = call;
  const { leases, sessions, queue } = services;
  const { path } = uploadedImage(upload);
  const gone = clientGone(request, response);
  return leases.inTurn(lease, () =>
    workInFolder(upload, async () => {
      let received: number[] = [];
      const { id } = await sessions.create(
        async (folder, signal, room) => {
          const target = join(folder, 'array.nii');
          const image = { path, name: 'image' };
          const wanted = { kind: 'image', spacing } as const;
          const { json } = await queue.run({ kind: 'received-array', id: request.run.id, image, form, target, wanted }, signal, request.run, room); // prettier-ignore
          received = json.shape as number[];
          return [{ path: target, name: 'image.nii', bytes: (await stat(target)).size }];
        },
        { signal: gone },
      );
      const before = lease.record.image;
      lease.sent = undefined;
      try {
        await leases.commit(lease, {
          ...nothingSaid(undefined),
          begun: undefined,
          image: { session: id, shape: received },
          buffer,
        });
        const begun = await beginMask(call, services, lease);
        await leases.commit(lease, { ...nothingSaid(begun), begun });
      } catch (error) {
        await leases.commit(lease, { image: undefined });
        await sessions.delete(id).catch(() => undefined);
        throw error;
      }
      if (before) await sessions.delete(before.session).catch(() => undefined);
      return received;
    }),
  );
}

/** `POST /set_target_buffer`: the mask of the client is empty. */
export async function setTargetBuffer(call: UploadCall, services: Services): Promise<void> {
  const lease = await leaseOf(call, services);
  const { shape, dtype } = readJson(call, targetBuffer);
  const bytes = shape.reduce((product, length) => product * length, Number(/\d+/.exec(dtype)?.[0] ?? 8) / 8);
  const most = Math.floor(SHARE * totalmem());
  if (bytes > most) throw fail('BUFFER_TOO_LARGE', { needed: bytes, limit: most });
  const image = imageShapeOf(lease);
  if (shape.some((length, d) => length !== image[d]))
    throw fail('BAD_PARAMS', { what: say`the target buffer has the shape [${shape.join(', ')}], and the image [${known(image.join(', '))}]: they are to be equal` }); // prettier-ignore
  await services.leases.inTurn(lease, () =>
    services.leases.commit(lease, { ...nothingSaid(lease.record.begun), buffer: dtype }),
  );
  lease.sent = undefined;
  call.response.json({});
}

/** `POST /set_do_autozoom` */
export async function setAutozoom(call: UploadCall, services: Services): Promise<void> {
  const lease = await leaseOf(call, services);
  const { do_autozoom: isOn } = readJson(call, autozoom);
  await services.leases.inTurn(lease, () => services.leases.commit(lease, { autozoom: isOn }));
  call.response.json({});
}

/** `POST /reset_interactions`: the client has emptied its mask. */
export async function resetInteractions(call: UploadCall, services: Services): Promise<void> {
  const lease = await leaseOf(call, services);
  readJson(call, noFacts);
  await forgetPrompts(services, lease);
  call.response.json({});
}

/** The mask is what a model has made of the image, or empty. */
export async function forgetPrompts({ leases }: Services, lease: Lease): Promise<void> {
  await leases.inTurn(lease, () => leases.commit(lease, nothingSaid(lease.record.begun)));
  lease.sent = undefined;
}
