import { readFileSync } from 'node:fs';

/** A DICOM object as dcmjs, which had no part in the writing, reads it: values by keyword, sequences as lists. */
// It has no types.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type DicomObject = Record<string, any>;

export function readObject(path: string): DicomObject {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  const { data } = jest.requireActual<any>('dcmjs');
  const message = data.DicomMessage.readFile(Uint8Array.from(readFileSync(path)).buffer);
  return { ...data.DicomMetaDictionary.naturalizeDataset(message.dict), meta: message.meta };
}
