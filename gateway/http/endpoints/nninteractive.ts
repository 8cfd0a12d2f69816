import { z } from 'zod';
import * as contract from '../../contract/interactive';
import { readyErrors } from '../../deployment/error-codes';
import { file, group, json, type Body, type Endpoint } from '../endpoint';
import { resetInteractions, setAutozoom, setImage, setTargetBuffer } from '../handlers/nninteractive/image-calls';
import * as lease from '../handlers/nninteractive/lease-calls';
import * as prompts from '../handlers/nninteractive/prompts';
import * as slicer from '../handlers/older-protocols/slicer';
import { asDetail, leaseCallErrors, promptErrors, sendErrors } from '../handlers/nninteractive/protocol';

const { asEither, orOlder } = slicer;
const common = { tag: 'nnInteractive', tellErrors: asDetail } as const;
const clients = group({ ...common, access: 'clients', origins: 'allowed', token: true });
const anyone = group({ ...common, access: 'anyone', origins: 'any' });

const jsonBody = (schema: z.ZodType, description: string): Body => ({ required: false, description, json: schema });
const array = (description: string): Body => ({ required: true, description, packedArray: true });
const nothing = json('Done.', z.object({}));
const answer = file('The changed part of the mask as a packed array, or nothing.', 'file', {
  'X-Meta':
    '`ran_prediction`, and the box `bbox` of the image that the array is: half-open ranges, null where nothing changed.',
});
const said = { answer, errors: promptErrors, job: true } as const;
const keep = { answer: nothing, errors: sendErrors } as const;

/** nnInteractive's protocol (nninteractive-client 2.5 and 2.6) below a path: for the model that the path names, or the operator's. */
const below = (base: string): Endpoint[] => [
  anyone.get(`${base}/healthz`, 'Whether the server answers', {
    polled: true,
    answer: json('It does.', z.object({ ok: z.literal(true) })),
    handler: ({ response }) => void response.json({ ok: true }),
  }),
  clients.post(`${base}/claim`, 'Take a place', {
    description: 'Its token goes into the header `X-Lease-Token` of all other calls.',
    answer: json('The place.', contract.claimed),
    errors: ['LEASES_TAKEN', 'BAD_PARAMS', ...readyErrors],
    handler: lease.claimLease,
  }),
  clients.get(`${base}/capabilities`, 'The prompts that the model takes', {
    answer: json('They are.', contract.capabilities),
    errors: ['BAD_PARAMS', ...readyErrors],
    handler: lease.answerCapabilities,
  }),
  clients.post(`${base}/release`, 'Give a place back', {
    answer: json('Also for a place that is gone.', z.object({ released: z.literal(true) })),
    handler: lease.releaseLease,
  }),
  clients.post(`${base}/heartbeat`, 'Tell that the client is alive', {
    polled: true,
    answer: json('Until the place goes without an action.', contract.remaining),
    errors: leaseCallErrors,
    handler: lease.beat,
  }),
  clients.get(`${base}/lease_status`, 'How long a place is kept', {
    polled: true,
    answer: json('Without an action.', contract.leaseStatus),
    errors: leaseCallErrors,
    handler: lease.answerLeaseStatus,
  }),
  clients.post(`${base}/set_image`, 'Send the image', {
    job: true,
    body: array('Four axes [channel, x, y, z]; `X-Meta` has `{"image_properties": {"spacing": [x, y, z]}}`.'),
    answer: json('Its shape.', contract.imageShape),
    errors: promptErrors,
    handler: setImage,
  }),
  clients.post(`${base}/set_target_buffer`, 'Tell shape and type of the mask', {
    body: jsonBody(contract.targetBuffer, 'The mask of the client, which is empty.'),
    answer: nothing,
    errors: [...sendErrors, 'BUFFER_TOO_LARGE'],
    handler: setTargetBuffer,
  }),
  clients.post(`${base}/set_do_autozoom`, 'Let the model look at more than its patch', {
    body: jsonBody(contract.autozoom, 'Yes or no.'),
    ...keep,
    handler: setAutozoom,
  }),
  clients.post(`${base}/reset_interactions`, 'Forget all prompts', {
    body: jsonBody(contract.noFacts, 'Nothing.'),
    ...keep,
    handler: resetInteractions,
  }),
  clients.post(`${base}/undo`, 'Go back before the last prompt', {
    ...said,
    body: jsonBody(contract.noFacts, 'Nothing.'),
    handler: prompts.undo,
  }),
  clients.post(`${base}/predict`, 'Answer the prompts that came without a prediction', {
    ...said,
    body: jsonBody(contract.predictWish, 'Whether the model goes over all of the mask again.'),
    handler: prompts.predictNow,
  }),
  clients.post(`${base}/add_point_interaction`, 'Click', {
    ...said,
    body: jsonBody(contract.pointPrompt, 'A voxel that is inside, or is not.'),
    tellErrors: asEither,
    handler: orOlder(prompts.addPoint, slicer.addPoint),
  }),
  clients.post(`${base}/add_bbox_interaction`, 'Draw a box', {
    ...said,
    body: jsonBody(contract.boxPrompt, 'Half-open ranges; one of length 1 makes a box in a slice.'),
    tellErrors: asEither,
    handler: orOlder(prompts.addBox, slicer.addBox),
  }),
  ...(['scribble', 'lasso'] as const).map((kind) =>
    clients.post(`${base}/add_${kind}_interaction`, kind === 'lasso' ? 'Draw a closed line' : 'Scribble', {
      ...said,
      body: array('A mask of the size of the image, or of `interaction_bbox` in `X-Meta`.'),
      tellErrors: asEither,
      handler: orOlder(prompts.addMask(kind), slicer.addMask(kind)),
    }),
  ),
  clients.post(`${base}/add_initial_seg_interaction`, 'Begin with a mask', {
    ...said,
    body: array('A mask of the size of the image; all prompts are forgotten.'),
    handler: prompts.addInitialMask,
  }),
];

export const nnInteractiveEndpoints: readonly Endpoint[] = [...below('/nninteractive/:model'), ...below('')];
