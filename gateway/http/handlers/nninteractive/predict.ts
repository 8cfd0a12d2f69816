import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ReadyModel } from '../../../deployment/catalog';
import type { InteractionJob } from '../../../interaction';
import { promptsOf } from '../../../model-spec';
import { known } from '../../../sentence';
import type { JobResult, RequestParams } from '../../../pipeline/job';
import type { Lease, LeaseRecord } from '../../../sessions/leases/lease-store';
import { traceparentOf } from '../../../telemetry/trace-context';
import type { UploadCall } from '../../endpoint';
import { reportStages } from '../../middleware/request-run';
import type { Services } from '../../services';
import { beginningModel, clickParams, interactiveModel, slicesOf } from './models';
import { imageShapeOf, metaHeader } from './protocol';

/** A change of what was said. */
export interface Step {
  changes: Partial<LeaseRecord> & Pick<LeaseRecord, 'interaction'>;
  /** Its mask is there already. @default false: the model makes it */
  isThere?: boolean;
  /** Whether the model is to go over all of the mask again. @default false */
  refine?: boolean;
}

/** How clients read masks that know no other way than all of it. */
const WHOLE = { slicer: 'bits', dls: 'json' } as const;
const AS_BITS = { 'Content-Type': 'application/octet-stream', 'Content-Encoding': 'gzip' };
const AS_JSON = { 'Content-Type': 'application/json' };

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
    whole: record.protocol && WHOLE[record.protocol],
    result: result ?? '',
  };
  const { file, json } = await runStep(call, services, lease, job, step.isThere === true);
  const interaction = step.isThere ? step.changes.interaction : { ...step.changes.interaction, mask: result, pending: false };
  await leases.commit(lease, { ...step.changes, interaction, delivered });
  reportStages(request, response);
  const bbox = json.bbox as number[][] | null;
  if (response.destroyed) return;
  if (job.whole) response.set(job.whole === 'bits' ? AS_BITS : AS_JSON);
  else response.type('application/octet-stream').set(metaHeader({ ran_prediction: true, bbox, ...(bbox && { dtype: record.buffer }) }));
  response.once('finish', () => (lease.sent = { mask: result, connection: request.socket }));
  upload.isEmpty = false;
  if (!file) return void response.end();
  response.setHeader('Content-Length', file.bytes);
  if (file.content instanceof Uint8Array) response.end(file.content);
  else await pipeline(createReadStream(file.content.path), response).catch(() => undefined);
} // prettier-ignore

/** The mask that the model of the URL makes of a new image, where it names one. @returns the file, in the lease */
export async function beginMask(call: UploadCall, services: Services, lease: Lease): Promise<string | undefined> {
  const begins = beginningModel(lease.record.model, services);
  if (!begins) return undefined;
  const result = services.leases.nextFile(lease);
  const facts = { folder: lease.folder, shape: imageShapeOf(lease), dtype: 'uint8', autozoom: false, refine: false };
  const interaction = { ...facts, prompts: [], pending: false, result, label: begins.label };
  await runModel(call, services, lease, { model: begins.model, params: {}, interaction });
  return result;
}

async function runStep(
  call: UploadCall,
  services: Services,
  lease: Lease,
  interaction: InteractionJob,
  isThere: boolean,
): Promise<JobResult> {
  const { run } = call.request;
  if (isThere) {
    const about = { path: '', name: 'mask' };
    const { directory } = call.upload;
    return services.queue.run(
      { kind: 'mask-answer', id: run.id, image: about, interaction, directory },
      run.signal,
      run,
    );
  }
  const model = interactiveModel(lease.record.model, services);
  if (promptsOf(model.spec) === 'nninteractive')
    return runModel(call, services, lease, { model, params: {}, interaction });
  const clicks: InteractionJob['clicks'] = slicesOf(model.spec, interaction);
  const hasUnwanted = interaction.prompts.some(({ positive }) => !positive);
  if (interaction.initial !== undefined && hasUnwanted) {
    const unwanted = (clicks.unwanted = services.leases.nextFile(lease));
    const swapped = { ...interaction, result: unwanted };
    await runModel(call, services, lease, { model, params: clickParams(interaction, false), interaction: swapped });
  }
  const params = clickParams(interaction);
  const answer = await runModel(call, services, lease, { model, params, interaction: { ...interaction, clicks } });
  if (clicks.unwanted) await rm(join(lease.folder, clicks.unwanted), { force: true });
  return answer;
}

interface Question {
  model: ReadyModel;
  params: RequestParams;
  interaction: InteractionJob;
}

/** Runs a model on the image of a lease, also when its client is gone. */
async function runModel(
  { request: { run }, upload: { directory } }: UploadCall,
  { models, queue, sessions, options }: Services,
  lease: Lease,
  { model, ...question }: Question,
): Promise<JobResult> {
  if (run.job) run.job = { ...run.job, model: known(model.spec.name) };
  const session = await sessions.use(lease.record.image!.session);
  run.session = true;
  const job = {
    ...question,
    id: run.id,
    traceparent: run.trace && traceparentOf(run.trace),
    image: session.image,
    session: session.id,
    directory,
    options,
  };
  try {
    return await models.run(model, run.signal, (served, signal) => queue.run({ ...job, ...served }, signal, run));
  } finally {
    session.release();
  }
}
