import { join } from 'node:path';
import type { z } from 'zod';
import { boxPrompt, initialMask, maskPrompt, noFacts, pointPrompt, predictWish } from '../../../contract/interactive';
import { fail } from '../../../errors';
import type { StreamedForm } from '../../../pipeline/job';
import type { Box, Prompt } from '../../../interaction';
import { known, say } from '../../../sentence';
import type { Lease } from '../../../sessions/leases/lease-store';
import type { UploadCall } from '../../endpoint';
import { uploadedImage } from '../../multipart/form-fields';
import { workInFolder } from '../../multipart/upload';
import type { Services } from '../../services';
import { checkInitial, checkPrompt, interactiveModel } from './models';
import { answerNothing, answerWith, type Step } from './predict';
import { imageShapeOf, leaseOf, readJson, readMeta } from './protocol';

/** Each is sent to the model again with every later one. */
const MOST_PROMPTS = 1000;

/** `POST /add_point_interaction` */
export async function addPoint(call: UploadCall, services: Services): Promise<void> {
  const lease = await leaseOf(call, services);
  const { coordinates: at, include_interaction: positive, run_prediction: run } = readJson(call, pointPrompt);
  checkPoint(at, imageShapeOf(lease));
  await addPrompt(call, services, lease, () => Promise.resolve({ kind: 'point', at, positive }), run);
}

/** `POST /add_bbox_interaction` */
export async function addBox(call: UploadCall, services: Services): Promise<void> {
  const lease = await leaseOf(call, services);
  const { bbox_coords: box, include_interaction: positive, run_prediction: run } = readJson(call, boxPrompt);
  checkBox(box, imageShapeOf(lease));
  await addPrompt(call, services, lease, () => Promise.resolve({ kind: 'box', box, positive }), run);
}

/** `POST /add_scribble_interaction`, `/add_lasso_interaction` */
export function addMask(kind: 'scribble' | 'lasso') {
  return async function addMaskPrompt(call: UploadCall, services: Services): Promise<void> {
    const lease = await leaseOf(call, services);
    const meta = readMeta(call, maskPrompt);
    const { include_interaction: positive, run_prediction: run, interaction_bbox: box } = meta;
    if (box) checkBox(box, imageShapeOf(lease));
    // Before its array is unpacked.
    checkPrompt(interactiveModel(lease.record.model, services).spec, { kind, mask: '', positive });
    const prompt = async (): Promise<Prompt> => {
      return { kind, mask: await receiveMask(call, services, lease, { box: box ?? undefined }), positive };
    };
    await addPrompt(call, services, lease, prompt, run);
  };
}

/** `POST /add_initial_seg_interaction`: the client has put the mask into its own already. */
export async function addInitialMask(call: UploadCall, services: Services): Promise<void> {
  const lease = await leaseOf(call, services);
  const { run_prediction: run } = readMeta(call, initialMask);
  checkBuffer(lease);
  checkInitial(interactiveModel(lease.record.model, services).spec);
  await inTurn(call, services, lease, async () => {
    const initial = await receiveMask(call, services, lease);
    lease.sent = undefined;
    const step = { changes: beginWith(initial) };
    if (run) return answerWith(call, services, lease, step);
    await services.leases.commit(lease, step.changes);
    return answerNothing(call);
  });
}

/** A lease whose client has put a mask into its own, and says nothing more yet. */
export const beginWith = (initial: string) => ({
  interaction: { prompts: [], initial, mask: initial, pending: true },
  undo: [],
  delivered: initial,
});

/** `POST /predict` */
export async function predictNow(call: UploadCall, services: Services): Promise<void> {
  const lease = await leaseOf(call, services);
  const { force_full_refine: refine } = readJson(call, predictWish);
  checkBuffer(lease);
  await inTurn(call, services, lease, async () => {
    const { interaction } = lease.record;
    const hasSaid = interaction.prompts.length > 0 || interaction.initial !== undefined;
    if (!hasSaid || !(interaction.pending || refine)) return answerNothing(call);
    await answerWith(call, services, lease, { changes: { interaction }, refine });
  });
}

/** `POST /undo`: everything is as before the last prompt. */
export async function undo(call: UploadCall, services: Services): Promise<void> {
  const lease = await leaseOf(call, services);
  readJson(call, noFacts);
  await inTurn(call, services, lease, async () => {
    const before = lease.record.undo.at(-1);
    if (!before) return answerNothing(call);
    const changes = { interaction: before, undo: lease.record.undo.slice(0, -1) };
    await answerWith(call, services, lease, { changes, isThere: true });
  });
}

/** Adds what a user said. @param prompt makes it, when its turn has come @param run whether the model answers it now */
export async function addPrompt(call: UploadCall, services: Services, lease: Lease, prompt: () => Promise<Prompt>, run = true): Promise<void> {
  checkBuffer(lease);
  await inTurn(call, services, lease, async () => {
    const { interaction: before, undo } = lease.record;
    if (before.prompts.length >= MOST_PROMPTS)
      throw fail('BAD_PARAMS', { what: say`this session has ${MOST_PROMPTS} prompts, which is the most; reset it` });
    const last = await prompt();
    checkPrompt(interactiveModel(lease.record.model, services).spec, last);
    const interaction = { ...before, prompts: [...before.prompts, last], pending: true };
    // Clients of the older protocols have no undo.
    const step: Step = { changes: { interaction, undo: lease.record.protocol ? [] : [...undo, before] } };
    if (run) return answerWith(call, services, lease, step);
    await services.leases.commit(lease, step.changes);
    return answerNothing(call);
  });
} // prettier-ignore

export function inTurn<T>(call: UploadCall, { leases }: Services, lease: Lease, work: () => Promise<T>): Promise<T> {
  return workInFolder(call.upload, () => leases.inTurn(lease, work));
}

/** Unpacks the mask that is sent into a file of the lease. @param form as it is sent @returns its name @throws BAD_PARAMS for an empty one */
export async function receiveMask(
  call: UploadCall,
  services: Services,
  lease: Lease,
  { box, form }: { box?: Box; form?: StreamedForm } = {},
): Promise<string> {
  const name = await receiveAnyMask(call, services, lease, { box, form });
  if (name === undefined) throw fail('BAD_PARAMS', { what: say`no voxel of the mask is set` });
  return name;
}

/** @returns undefined for an empty one */
export async function receiveAnyMask(
  call: UploadCall,
  { queue, leases }: Services,
  lease: Lease,
  { box, form }: { box?: Box; form?: StreamedForm },
): Promise<string | undefined> {
  const { upload, request } = call;
  const name = leases.nextFile(lease);
  const job = {
    kind: 'received-array',
    id: request.run.id,
    image: { path: uploadedImage(upload).path, name: 'mask' },
    form,
    target: join(lease.folder, name),
    wanted: { kind: 'mask', shape: imageShapeOf(lease), box },
  } as const;
  const { json } = await queue.run(job, request.run.signal, request.run, () => Promise.resolve());
  return json.voxels === 0 ? undefined : name;
}

/** @throws BAD_PARAMS for a point outside the image */
export function checkPoint(at: readonly number[], shape: readonly number[]): void {
  if (at.some((index, d) => index < 0 || index >= shape[d])) throw outside(`the point [${at.join(', ')}]`, shape);
}

function checkBox(box: z.output<typeof boxPrompt>['bbox_coords'], shape: readonly number[]): void {
  const text = JSON.stringify(box);
  if (box.some(([first, end]) => end <= first))
    throw fail('BAD_PARAMS', { what: say`the box ${known(text)} has an axis without voxels: each is [first, end), and end is the larger one` }); // prettier-ignore
  if (box.some(([first, end], d) => first < 0 || end > shape[d])) throw outside(`the box ${text}`, shape);
}

function checkBuffer(lease: Lease): void {
  imageShapeOf(lease);
  if (lease.record.buffer === undefined)
    throw fail('BAD_PARAMS', { what: say`this session has no target buffer yet: describe it with POST /set_target_buffer` });
} // prettier-ignore

export const outside = (what: string, shape: readonly number[]) =>
  fail('BAD_PARAMS', { what: say`${known(what)} lies outside the image, whose shape is [${known(shape.join(', '))}]` });
