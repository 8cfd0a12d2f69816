import type { Request, Response } from 'express';
import { fail } from '../errors';
import type { SessionStore } from '../sessions/store';
import type { FetchSeries } from '../sessions/pacs/fetch-series';
import { clientGone } from './client-gone';
import { parseParams } from './request-params';
import { uploadOf } from './upload';

export interface SessionRouteParts {
  sessions: SessionStore;
  fetchSeries: FetchSeries;
}

/**
 * `PUT /session/`: an image (or the files of one DICOM series) as file parts of any name, or JSON `{"dicom": {…}}` that says where a PACS
 * has the series. Query: `expiry` seconds, `save_as=.nii`.
 */
export function putSession({ sessions, fetchSeries }: SessionRouteParts) {
  return async function createSession(request: Request, response: Response): Promise<void> {
    const { files, fields, json } = uploadOf(request);
    const options = {
      expiry: expiryOf(request),
      saveAsNifti: wantsNifti(request),
      signal: clientGone(request, response),
    };
    const source = files.length > 0 ? async () => files : fetchSeries(dicomOf(fields.params ?? json));
    const { id, info } = await sessions.create(source, options);
    response.status(200).json({ session_id: id, session_info: info });
  };
}

/** `GET /session/:id`: what is known of it; `update_ts=true` counts as a use. */
export function getSession(sessions: SessionStore) {
  return function describeSession(request: Request<{ id: string }>, response: Response): void {
    const { id } = request.params;
    const refresh = String(request.query.update_ts).toLowerCase() === 'true';
    response.status(200).json({ session_id: id, session_info: sessions.describe(id, { refresh }) });
  };
}

/** `DELETE /session/:id` */
export function deleteSession(sessions: SessionStore) {
  return async function endSession(request: Request<{ id: string }>, response: Response): Promise<void> {
    const { id } = request.params;
    response.status(200).json({ session_id: id, session_info: await sessions.delete(id) });
  };
}

function expiryOf({ query: { expiry } }: Request): number {
  if (expiry === undefined || expiry === '') return 0;
  const seconds = typeof expiry === 'string' ? Number(expiry) : NaN;
  if (Number.isFinite(seconds) && seconds >= 0) return seconds;
  throw fail('BAD_PARAMS', { what: `expiry is "${String(expiry)}", expected seconds; 0 is the server's default` });
}

function wantsNifti({ query: { save_as: form } }: Request): boolean {
  if (form === undefined || form === '' || form === '.nii.gz' || form === 'nii.gz') return false;
  if (form === '.nii' || form === 'nii') return true;
  throw fail('BAD_PARAMS', { what: `save_as is "${String(form)}", expected .nii` });
}

/** The object `dicom` of the field `params` or of a JSON body. @throws NO_IMAGE when there is none */
function dicomOf(text: string | undefined): unknown {
  const { dicom } = parseParams(text);
  if (dicom === undefined) throw fail('NO_IMAGE');
  return dicom;
}
