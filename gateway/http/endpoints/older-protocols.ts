import { z } from 'zod';
import * as contract from '../../contract/interactive';
import { clickQuery, foregroundQuery, legacyClickQuery } from '../../contract/queries';
import { readyErrors } from '../../deployment/error-codes';
import { group, json, type Endpoint } from '../endpoint';
import { leaseCallErrors, promptErrors } from '../handlers/nninteractive/protocol';
import * as dls from '../handlers/older-protocols/itksnap';
import { asMessage, uploadImage, uploadSegment } from '../handlers/older-protocols/slicer';

const slicer = group({
  tag: 'SlicerNNInteractive',
  tellErrors: asMessage,
  access: 'clients',
  origins: 'allowed',
  token: true,
});
const ok = json('It is.', z.object({ status: z.literal('ok') }));

/** What the server of SlicerNNInteractive has beside the paths of nnInteractive 2, whose prompts tell the two apart. */
const slicerBelow = (base: string): Endpoint[] => [
  slicer.post(`${base}/upload_image`, 'Keep an image for this address', {
    job: true,
    body: { required: true, description: 'An array of numpy’s.', files: { file: '`.npy`: slices, rows, columns.' } },
    answer: ok,
    errors: [...promptErrors, 'LEASES_TAKEN'],
    handler: uploadImage,
  }),
  slicer.post(`${base}/upload_segment`, 'Begin with a mask', {
    job: true,
    body: { required: true, description: 'A mask.', files: { file: 'gzip of an `.npy` of the size of the image.' } },
    answer: ok,
    errors: promptErrors,
    handler: uploadSegment,
  }),
];

// ITK-SNAP changes the state of a session by GET: `*` of --cors_origins does not let every page do so.
const clients = group({ tag: 'ITK-SNAP', tellErrors: dls.asDls, access: 'clients', origins: 'named', token: true });
const anyone = group({ tag: 'ITK-SNAP', tellErrors: dls.asDls, access: 'anyone', origins: 'any' });

const mask = json('The whole mask: base64 of gzip of a byte for each voxel, x fastest.', contract.dlsMask);
const begin = {
  answer: json('Its session.', z.object({ session_id: z.string() })),
  errors: ['LEASES_TAKEN', 'BAD_PARAMS', ...readyErrors],
  handler: dls.startSession,
} as const;
const raw = {
  required: true,
  description: 'An image of ITK-SNAP’s: form field `metadata`, `{"dimensions": [x, y, z], "components_per_pixel": 1}`.',
  files: { file: 'gzip of float32, little endian, x fastest.' },
};

const dlsBelow = (base: '' | '/v2') => [
  clients.post(`${base}/upload_raw/:sid`, 'Send the image', {
    job: true,
    body: raw,
    answer: json('It is there.', z.object({ message: z.string() })),
    errors: promptErrors,
    handler: dls.uploadRaw,
  }),
  clients.get(`${base}/process_point_interaction/:sid`, 'Click', {
    job: true,
    query: base ? clickQuery : legacyClickQuery,
    body: { required: false, description: 'None.' },
    answer: mask,
    errors: promptErrors,
    handler: dls.addDlsPoint,
  }),
  clients.get(`${base}/reset_interactions/:sid`, 'Forget all prompts', {
    answer: json('Done.', z.object({ status: z.literal('success') })),
    errors: leaseCallErrors,
    handler: dls.resetDls,
  }),
  clients.get(`${base}/end_session/:sid`, 'End a session', {
    answer: json('Whether there was one.', z.object({ message: z.string() })),
    handler: dls.endSession,
  }),
];

export const olderProtocolEndpoints: readonly Endpoint[] = [
  ...slicerBelow('/nninteractive/:model'),
  ...slicerBelow(''),
  anyone.get('/status', 'Whether the server answers', {
    polled: true,
    answer: json('It does.', z.object({ status: z.literal('ok'), version: z.string() })),
    handler: ({ response }) => void response.json({ status: 'ok', version: dls.DLS_VERSION }),
  }),
  clients.get('/v2/models', 'The models that take prompts', {
    answer: json('They are.', z.object({ models: contract.dlsModel.array() })),
    handler: dls.listDlsModels,
  }),
  clients.get('/start_session', 'Begin a session with the default model', begin),
  clients.get('/v2/start_session/:model', 'Begin a session', begin),
  ...dlsBelow('/v2'),
  ...dlsBelow(''),
  ...(['scribble', 'lasso'] as const).map((kind) =>
    clients.post(`/process_${kind}_interaction/:sid`, kind === 'lasso' ? 'Draw a closed line' : 'Scribble', {
      job: true,
      query: foregroundQuery,
      body: raw,
      answer: mask,
      errors: promptErrors,
      handler: dls.addDlsMask(kind),
    }),
  ),
];
