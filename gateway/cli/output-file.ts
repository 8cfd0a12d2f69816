import { accessSync, closeSync, constants, existsSync, openSync, readSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UsageError } from '../flags';
import { CliFailure } from './failure';

/** How a format's files begin: bytes, and where they stand. */
const formats = {
  '.nii.gz': { at: 0, starts: ['1f8b'] },
  '.nii': { at: 0, starts: ['5c010000', '0000015c', '1c020000', '0000021c'] },
  '.nrrd': { at: 0, starts: [Buffer.from('NRRD').toString('hex')] },
  '.mha': { at: 0, starts: [Buffer.from('ObjectType').toString('hex')] },
  '.png': { at: 0, starts: ['89504e47'] },
  '.dcm': { at: 128, starts: [Buffer.from('DICM').toString('hex')] },
} as const;

export type OutputExtension = keyof typeof formats;

export interface OutputFile {
  path: string;
  /** Decides the format. */
  extension: OutputExtension;
}

const names = Object.keys(formats).join(', ');

/**
 * Where a mask goes and in which format, checked before any work.
 *
 * @param asked `--output`: a file, whose name says its format, or an existing folder, which gets a file `mask…` that is not there yet; without it
 * `mask…` in this folder
 * @param wanted `params.result_extension`
 * @throws UsageError for a name of no known format, one that contradicts `wanted`, or a place that cannot be written to
 */
export function outputFile(asked: string | undefined, wanted: unknown): OutputFile {
  const chosen = chosenExtension(wanted);
  const isFolder = asked !== undefined && (/[\\/]$/.test(asked) || isDirectory(asked));
  const byDefault = `mask${maskExtension(wanted)}`;
  const path = asked === undefined ? byDefault : isFolder ? join(asked, byDefault) : asked;
  const extension = extensionOf(path);
  if (!extension) throw new UsageError(`--output ${path} says no format: expected a name that ends in ${names}`);
  if (chosen && chosen !== extension)
    throw new UsageError(`--output ${path} and result_extension "${String(wanted)}" in --params name two formats`);
  if (isFolder && existsSync(path))
    throw new UsageError(`${path} is there already: name the file with --output to replace it`);
  checkWritable(path);
  return { path, extension };
}

/** How a mask is called whose name is not given. @param wanted `params.result_extension` */
export const maskExtension = (wanted: unknown): OutputExtension => chosenExtension(wanted) ?? '.nii.gz';

const chosenExtension = (wanted: unknown) =>
  typeof wanted === 'string' && wanted !== '' ? knownExtension(wanted) : undefined;

/** @throws CliFailure when a written file is not of the format its name says: a model may take the wish for one under a name of its own */
export function checkFormat(written: string, { path, extension }: OutputFile): void {
  const { at, starts } = formats[extension];
  const start = Buffer.alloc(10);
  const file = openSync(written, 'r');
  try {
    readSync(file, start, 0, start.length, at);
  } finally {
    closeSync(file);
  }
  if (starts.some((one) => start.toString('hex').startsWith(one))) return;
  throw new CliFailure(
    `the server's answer is not what ${path} is called, so it is not kept: the model takes no wish for a format, or under another name (key_extension in its config); leave --output out, or give that name in --params`,
  );
}

function knownExtension(text: string): OutputExtension {
  const extension = `.${text.toLowerCase().replace(/^\./, '')}`;
  if (Object.hasOwn(formats, extension) && extension !== '.dcm') return extension as OutputExtension;
  throw new UsageError(`result_extension in --params is "${text}": expected one of ${names.replace(', .dcm', '')}`);
}

function extensionOf(path: string): OutputExtension | undefined {
  const name = basename(path).toLowerCase();
  return (Object.keys(formats) as OutputExtension[]).find((one) => name.endsWith(one) && name !== one);
}

function checkWritable(path: string): void {
  const folder = dirname(path);
  if (!isDirectory(folder)) throw new UsageError(`${path} cannot be written: there is no folder ${folder}`);
  if (isDirectory(path)) throw new UsageError(`${path} cannot be written: it is a folder`);
  try {
    accessSync(folder, constants.W_OK);
    if (existsSync(path)) accessSync(path, constants.W_OK);
  } catch (error) {
    throw new UsageError(`${path} cannot be written (${(error as NodeJS.ErrnoException).code})`);
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
