import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { InteractionJob } from '../../../interaction';
import { known } from '../../../sentence';
import type { JobResult } from '../../../pipeline/job';
import type { Lease, LeaseRecord } from '../../../sessions/leases/lease-store';
import { traceparentOf } from '../../../telemetry/trace-context';
import type { UploadCall } from '../../endpoint';
import { reportStages } from '../../middleware/request-run';
import type { Services } from '../../services';
import { imageShapeOf } from './image-calls';
import { clickParams, interactiveModel } from './models';
import { metaHeader } from './protocol';

/** A change of what was said. */
export interface Step {
  changes: Partial<LeaseRecord> & Pick<LeaseRecord, 'interaction'>;
  /** Its mask is there already. @default false: the model makes it */
  isThere?: boolean;
  /** Whether the model is to go over all of the mask again. @default false */
  refine?: boolean;
}

/** The answer where no model ran. */
export function answerNothing({ response }: UploadCall): void {
  response
    .type('application/octet-stream')
    .set(metaHeader({ ran_prediction: false, bbox: null }))
    .end();
}

/**
 * Makes the mask of a step, keeps it, and answers with all that the client has not got of it. A client that is gone meanwhile (it waits a minute) gets
 * that with its next answer: the prediction goes on to its end.
 */
export async function answerWith(call: UploadCall, services: Services, lease: Lease, step: Step): Promise<void> {
  const { request, response, upload } = call;
  const { leases } = services;
  const { record, sent } = lease;
  const hasArrived = sent !== undefined && sent.connection === request.socket;
  const delivered = step.changes.delivered ?? (hasArrived ? sent.mask : record.delivered);
  lease.sent = undefined;
  const result = step.isThere ? step.changes.interaction.mask : leases.nextFile(lease);
  const job: InteractionJob = {
    ...step.changes.interaction,
    folder: lease.folder,
    shape: imageShapeOf(lease),
    dtype: record.buffer!,
    autozoom: record.autozoom,
    refine: step.refine === true,
    delivered,
    result: result ?? '',
  };
  const { file, json } = await runStep(call, services, lease, job, step.isThere === true);
  const interaction = step.isThere ? step.changes.interaction : { ...step.changes.interaction, mask: result, pending: false };
  await leases.commit(lease, { ...step.changes, interaction, delivered });
  reportStages(request, response);
  const bbox = json.bbox as number[][] | null;
  if (response.destroyed) return;
  response.type('application/octet-stream').set(metaHeader({ ran_prediction: true, bbox, ...(bbox && { dtype: record.buffer }) }));
  response.once('finish', () => (lease.sent = { mask: result, connection: request.socket }));
  upload.isEmpty = false;
  if (!file) return void response.end();
  response.setHeader('Content-Length', file.bytes);
  if (file.content instanceof Uint8Array) response.end(file.content);
  else await pipeline(createReadStream(file.content.path), response).catch(() => undefined);
} // prettier-ignore

async function runStep(
  { request: { run }, upload: { directory } }: UploadCall,
  services: Services,
  lease: Lease,
  interaction: InteractionJob,
  isThere: boolean,
): Promise<JobResult> {
  const { models, queue, sessions, options } = services;
  const { model: name, image } = lease.record;
  if (run.job) run.job = { ...run.job, model: known(name) };
  if (isThere) {
    const about = { path: '', name: 'mask' };
    return queue.run({ kind: 'mask-answer', id: run.id, image: about, interaction, directory }, run.signal, run);
  }
  const model = interactiveModel(name, services);
  const session = await sessions.use(image!.session);
  run.session = true;
  const job = {
    id: run.id,
    traceparent: run.trace && traceparentOf(run.trace),
    image: session.image,
    session: session.id,
    params: clickParams(interaction),
    interaction,
    directory,
    options,
  };
  try {
    return await models.run(model, run.signal, (served, signal) => queue.run({ ...job, ...served }, signal, run));
  } finally {
    session.release();
  }
}
