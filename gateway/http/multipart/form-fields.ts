import { fail, type ErrorCode } from '../../errors';
import { warnClient } from '../middleware/warnings';
import type { UploadCall } from '../endpoint';
import type { Upload, UploadedFile } from './upload';
import { known, say } from '../../sentence';

const SHOWN = 60;
const MOST_NAMED = 8;
/** A path; looking for the end of a name takes long in a long text. */
const LONGEST_NAME = 4096;

/** Codes of {@link uploadedImage}. */
export const imageErrors = ['NO_IMAGE', 'TEXT_IN_PLACE_OF_FILE', 'EMPTY_IMAGE'] as const satisfies readonly ErrorCode[];

/** The text of the form field `params`, or the JSON body. */
export const sentParams = ({ fields, json }: Upload): string | undefined => fields.params ?? json;

/** The first file of the upload. @throws the codes of {@link imageErrors} */
export function uploadedImage(upload: Upload): UploadedFile {
  const [file] = upload.files;
  if (!file) {
    refuseTextInPlaceOfFile(upload, ['image', 'file', 'datapoint']);
    throw fail('NO_IMAGE');
  }
  if (file.bytes === 0) throw fail('EMPTY_IMAGE', { file: file.name });
  return file;
}

/**
 * Tells the client of form fields that nothing reads: most often a wrong name. To be called when the request is known to have what it needs.
 * @param read names of the text fields that the handler reads; files count whatever their name
 */
export function warnOfUnreadFields({ request, response, upload }: UploadCall, read: readonly string[]): void {
  const { fields } = upload;
  const unread = Object.keys(fields).filter((name) => !read.includes(name) && fields[name] !== '');
  const more = unread.length - MOST_NAMED;
  const named = unread.slice(0, MOST_NAMED).map(quoted).join(', ') + (more > 0 ? ` and ${more} more` : '');
  const sentence = say`The form field ${named} was not used; this call reads ${known([...read.map(quoted), 'files'].join(', '))}.`;
  warnClient(request, response, unread.length > 0 ? [sentence] : []);
}

/**
 * Refuses a form in which a field holds the name of a file in place of the file: `-F image=ct.nii` for `-F image=@ct.nii`.
 *
 * @param files names of files that the handler reads: where the form has no file at all, the text of such a field was meant to be one
 * @throws TEXT_IN_PLACE_OF_FILE naming the field and its text
 */
export function refuseTextInPlaceOfFile({ fields, files: sent }: Upload, files: readonly string[]): void {
  const isMeant = (field: string) => sent.length === 0 && files.includes(field) && fields[field] !== '';
  const field = Object.keys(fields).find((name) => isMeant(name) || namesFile(fields[name]));
  if (field !== undefined) throw fail('TEXT_IN_PLACE_OF_FILE', { field, value: fields[field].slice(0, SHOWN) });
}

/** The name of a file, alone on its line, and neither JSON nor a list. */
function namesFile(value: string): boolean {
  return (
    value.length < LONGEST_NAME &&
    /^[^\n{["]+\.(nii|nrrd|mha|mhd|dcm|png|jpe?g|zip|gz|zst|onnx|pt|pb|json)$/i.test(value)
  );
}

const quoted = (name: string) => `"${name.slice(0, SHOWN)}"`;
