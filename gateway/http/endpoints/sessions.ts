import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { getSessionQuery, putSessionQuery } from '../../contract/queries';
import { newSession, session } from '../../contract/sessions';
import { queueErrors } from '../../jobs/error-codes';
import { parseParams } from '../../jobs/params';
import { decodeErrors, importErrors, pacsErrors } from '../../sessions/error-codes';
import type { SessionInfo } from '../../sessions/session-folder';
import { seriesRequestSchema } from '../../sessions/pacs/series-request';
import { niftiOf } from '../../sessions/to-nifti';
import { ownedName } from '../../workspace/gateways';
import { file, group, json, type Endpoint } from '../endpoint';
import { refuseUnnamedPages } from '../middleware/access';
import { clientGone } from '../middleware/request-run';
import { warnClient, warningsHeader } from '../middleware/warnings';
import { refuseTextInPlaceOfFile, sentParams, warnOfUnreadFields } from '../multipart/form-fields';
import { shortId } from '../../sentence';

const { get, put, del } = group({ access: 'clients', origins: 'allowed', tag: 'sessions' });

/** MONAI Label's clients look for the facts at the top, AIAA's in `session_info`. */
const inBothForms = (id: string, info: SessionInfo) => ({ session_id: id, session_info: info, ...info });

export const sessionEndpoints: readonly Endpoint[] = [
  put('/session', 'Keep an image here for the calls to come', {
    description:
      'One image, or the files of one DICOM series, as file parts of any name; or JSON that says which PACS has the series. Several images or series, the files of each under a name of its own number (`image0`, `image1`, …), are the channels of one image, for models of nnU-Net.',
    query: putSessionQuery,
    body: {
      required: true,
      description: 'The image, or where it is.',
      files: { image: 'One image, or many parts with the files of one DICOM series.' },
      json: z.object({ dicom: seriesRequestSchema }),
    },
    answer: json('The id to send as `session_id`.', newSession, warningsHeader),
    errors: ['NO_IMAGE', 'TEXT_IN_PLACE_OF_FILE', ...queueErrors, ...importErrors, ...pacsErrors],
    curl: '-X PUT -F image=@ct.nii.gz "$SERVER/session/?expiry=3600"',
    handler: async (call, { sessions, fetchSeries }) => {
      const { request, response, upload, query, fail } = call;
      const { files } = upload;
      const saveAsNifti = query.save_as === '.nii' || query.save_as === 'nii';
      const options = { expiry: query.expiry, saveAsNifti, signal: clientGone(request, response) };
      refuseTextInPlaceOfFile(upload, ['image', 'file']);
      warnOfUnreadFields(call, ['params']);
      const series = () => {
        const body = parseParams(sentParams(upload));
        if (!('dicom' in body)) throw fail('NO_IMAGE');
        refuseUnnamedPages(request, response);
        return fetchSeries(body.dicom);
      };
      const source = files.length > 0 ? () => Promise.resolve(files) : series();
      const { id, info } = await sessions.create(source, options);
      request.run.about.session = shortId(id);
      warnClient(request, response, info.warnings, `GET /session/${id}`);
      response.json({ session_id: id, session_info: info });
    },
  }),
  get('/session/:id', 'What is known of a session', {
    query: getSessionQuery,
    answer: json('Its facts.', session),
    errors: ['SESSION_NOT_FOUND'],
    handler: async ({ response, path: { id }, query }, { sessions }) => {
      const refresh = query.update_ts?.toLowerCase() === 'true';
      response.json(inBothForms(id, await sessions.describe(id, { refresh })));
    },
  }),
  get('/session/:id/image', 'The image of a session as NIfTI', {
    description:
      'Whatever it was sent as; plain or gzip. Its voxels are in the order in which points of inference calls are counted. It counts as a use.',
    answer: file('The image.', 'file', warningsHeader),
    errors: ['SESSION_EXPIRED', ...queueErrors, ...decodeErrors],
    curl: '"$SERVER/session/ID/image" -o image.nii',
    handler: async ({ request, response, path: { id } }, { queue, sessions, uploads, gateway }) => {
      const used = await sessions.use(id);
      try {
        const path = join(uploads, `${ownedName(gateway)}.nii`);
        const file = await niftiOf(used, path, clientGone(request, response), (...given) => queue.toNifti(...given));
        try {
          warnClient(request, response, [...used.warnings, ...file.warnings], `GET /session/${id}`);
          response.type('application/octet-stream');
          response.setHeader('Content-Length', (await stat(file.path)).size);
          await pipeline(createReadStream(file.path), response);
        } finally {
          await file.remove();
        }
      } finally {
        used.release();
      }
    },
  }),
  del('/session/:id', 'End a session', {
    answer: json('What it was.', session),
    errors: ['SESSION_NOT_FOUND'],
    handler: async ({ response, path: { id } }, { sessions }) => {
      response.json(inBothForms(id, await sessions.delete(id)));
    },
  }),
];
