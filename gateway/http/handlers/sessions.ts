import { pipeline } from 'node:stream/promises';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { fail } from '../../errors';
import type { SessionInfo } from '../../sessions/session';
import type { SessionStore } from '../../sessions/store';
import { niftiOf } from '../../sessions/view-image';
import type { FetchSeries } from '../../sessions/pacs/fetch-series';
import { ownedName } from '../../workspace/gateways';
import { clientGone } from '../middleware/client-gone';
import { refuseTextInPlaceOfFile, warnOfUnreadFields } from '../multipart/form-fields';
import { parseParams } from '../request-params';
import { queryChoice, queryText, readQuery } from '../request-query';
import { uploadOf } from '../multipart/upload';
import { warnClient } from '../middleware/warnings';

export interface SessionRouteParts {
  sessions: SessionStore;
  fetchSeries: FetchSeries;
}

const expiryExpected = "expected seconds; 0 is the server's default";

export const putSessionQuery = z.object({
  expiry: z.coerce
    .number(expiryExpected)
    .min(0, expiryExpected)
    .default(0)
    .describe("Seconds without use after which it ends, at most the server's; 0 is the server's."),
  save_as: queryChoice(
    ['.nii', 'nii', '.nii.gz', 'nii.gz'],
    'Keep the image as NIfTI; `.nii` without compression.',
  ).optional(),
});

export const getSessionQuery = z.object({
  update_ts: queryText('`true` counts as a use.').meta({ examples: ['true'] }),
});

/**
 * `PUT /session/`: an image (or the files of one DICOM series) as file parts of any name, or JSON `{"dicom": {…}}` that says where a PACS
 * has the series. Query: `expiry` seconds, `save_as=.nii`.
 */
export function putSession({ sessions, fetchSeries }: SessionRouteParts) {
  return async function createSession(request: Request, response: Response): Promise<void> {
    const { files, fields, json } = uploadOf(request);
    const { expiry, save_as: form } = readQuery(putSessionQuery, request);
    const options = {
      expiry,
      saveAsNifti: form === '.nii' || form === 'nii',
      signal: clientGone(request, response),
    };
    refuseTextInPlaceOfFile(request, ['image', 'file']);
    warnOfUnreadFields(request, response, ['params']);
    const source = files.length > 0 ? async () => files : fetchSeries(dicomOf(fields.params ?? json));
    const { id, info } = await sessions.create(source, options);
    warnClient(request, response, info.warnings, `GET /session/${id}`);
    response.status(200).json({ session_id: id, session_info: info });
  };
}

/** `GET /session/:id`: what is known of it, in AIAA's form and in MONAI Label's; `update_ts=true` counts as a use. */
export function getSession(sessions: SessionStore) {
  return function describeSession(request: Request<{ id: string }>, response: Response): void {
    const { id } = request.params;
    const refresh = readQuery(getSessionQuery, request).update_ts?.toLowerCase() === 'true';
    response.status(200).json(inBothForms(id, sessions.describe(id, { refresh })));
  };
}

/**
 * `GET /session/:id/image`: the session's image as NIfTI, whatever it was sent as, with its voxels in the order that points are counted in. Counts
 * as a use.
 *
 * @param scratch folder for images that must be decoded first
 * @param gateway begins their names, see {@link ownedName}
 */
export function getSessionImage(sessions: SessionStore, scratch: string, gateway: string) {
  return async function answerSessionImage(request: Request<{ id: string }>, response: Response): Promise<void> {
    const session = sessions.use(request.params.id);
    try {
      const path = join(scratch, `${ownedName(gateway)}.nii`);
      const file = await niftiOf(session, path, clientGone(request, response));
      try {
        warnClient(request, response, [...session.warnings, ...file.warnings], `GET /session/${session.id}`);
        response.type('application/octet-stream');
        response.setHeader('Content-Length', (await stat(file.path)).size);
        await pipeline(createReadStream(file.path), response);
      } finally {
        await file.remove();
      }
    } finally {
      session.release();
    }
  };
}

/** `DELETE /session/:id` */
export function deleteSession(sessions: SessionStore) {
  return async function endSession(request: Request<{ id: string }>, response: Response): Promise<void> {
    const { id } = request.params;
    response.status(200).json(inBothForms(id, await sessions.delete(id)));
  };
}

/** MONAI Label's clients look for the facts at the top, AIAA's in `session_info`. */
function inBothForms(id: string, info: SessionInfo) {
  return { session_id: id, session_info: info, ...info };
}

/** The object `dicom` of the JSON body, or of the field `params`. @throws BAD_PARAMS, NO_IMAGE when there is none */
function dicomOf(text: string | undefined): unknown {
  const body = parseParams(text);
  if ('dicom' in body) return body.dicom;
  throw fail('NO_IMAGE');
}
