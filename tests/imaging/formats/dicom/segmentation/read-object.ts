import { readFileSync } from 'node:fs';

/** A DICOM object as dcmjs, which had no part in the writing, reads it: values by keyword, sequences as lists. */
// It has no types.
// oxlint-disable-next-line typescript/no-explicit-any
export type DicomObject = Record<string, any>;

export function readObject(path: string): DicomObject {
  // oxlint-disable-next-line typescript/no-explicit-any
  const { data } = jest.requireActual<any>('dcmjs');
  const message = data.DicomMessage.readFile(Uint8Array.from(readFileSync(path)).buffer);
  return { ...data.DicomMetaDictionary.naturalizeDataset(message.dict), meta: message.meta };
}
