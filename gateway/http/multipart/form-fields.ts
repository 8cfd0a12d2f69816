import type { Request, Response } from 'express';
import { fail } from '../../errors';
import { uploadOf } from './upload';
import { warnClient } from '../middleware/warnings';

const SHOWN = 60;
const MOST_NAMED = 8;

/**
 * Tells the client of form fields that nothing reads: most often a wrong name. To be called when the request is known to be one that has what it
 * needs.
 *
 * @param read names of the text fields that the route reads
 * @param files names of the files that it reads; without them it takes every file, whatever its name
 */
export function warnOfUnreadFields(
  request: Request,
  response: Response,
  read: readonly string[],
  files?: readonly string[],
): void {
  const sent = uploadOf(request);
  const fields = Object.keys(sent.fields).filter((name) => !read.includes(name) && sent.fields[name] !== '');
  const others = sent.files.map(({ field }) => field).filter((name) => files && !files.includes(name));
  const known = [...read.map(quoted), ...(files?.map((name) => `the file ${quoted(name)}`) ?? ['files'])].join(', ');
  const said = (kind: string, names: readonly string[]) =>
    names.length > 0 ? [`The form ${kind} ${list(names)} was not used; this call reads ${known}.`] : [];
  warnClient(request, response, [...said('field', fields), ...said('file', others)]);
}

/**
 * Refuses a form in which a field holds the name of a file in place of the file: `-F image=ct.nii` for `-F image=@ct.nii`.
 *
 * @param files names of files that the route reads: where the form has no file at all, whatever such a field holds was meant to be one
 * @throws TEXT_IN_PLACE_OF_FILE naming the field and what it holds
 */
export function refuseTextInPlaceOfFile(request: Request, files: readonly string[]): void {
  const sent = uploadOf(request);
  const isMeant = (field: string) => sent.files.length === 0 && files.includes(field) && sent.fields[field] !== '';
  const field = Object.keys(sent.fields).find((name) => isMeant(name) || namesFile(sent.fields[name]));
  if (field !== undefined) throw fail('TEXT_IN_PLACE_OF_FILE', { field, value: sent.fields[field].slice(0, SHOWN) });
}

/** The name of a file, alone on its line, and neither JSON nor a list. */
function namesFile(value: string): boolean {
  return /^[^\n{["]+\.(nii|nrrd|mha|mhd|dcm|png|jpe?g|zip|gz|zst|onnx|pt|pb|json)$/i.test(value);
}

const quoted = (name: string) => `"${name.slice(0, SHOWN)}"`;

function list(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  return names.slice(0, MOST_NAMED).map(quoted).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
