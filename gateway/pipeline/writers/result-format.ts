import { integerRange, type VoxelType } from '../../imaging/formats/value-types';
import { occupiedRange } from '../../imaging/occupied';
import type { NumericArray } from '../../imaging/volume';
import { RequestError, type Json, type RequestParams } from '../../transforms/sample';
import { isDtype, writtenDtypes } from '../../transforms/writers';
import type { ResultFile } from '../result-file';
import { say } from '../../sentence';

export const extensions = ['.nii.gz', '.nii', '.nrrd', '.mha', '.png'] as const;
export type ResultExtension = (typeof extensions)[number];

/** The request's keys that shape the file, as a writer's arguments name them; Clara's writers have no such arguments. */
export function keysOf(args: { key_extension?: unknown; key_dtype?: unknown; key_compress?: unknown }) {
  const { key_extension = 'result_extension', key_dtype = 'result_dtype', key_compress = 'result_compress' } = args;
  return { extension: String(key_extension), dtype: String(key_dtype), compress: String(key_compress) };
}

/** The result file that the request asks for. @throws RequestError naming what is accepted */
export function requestedFormat(params: RequestParams, keys: ReturnType<typeof keysOf>) {
  return {
    extension: read(params, keys.extension, extensionOf, `results can be written as ${extensions.join(', ')}`),
    dtype: read(params, keys.dtype, dtypeOf, `voxel types are ${Object.keys(writtenDtypes).join(', ')}`),
    compress: read(params, keys.compress, (value) => booleans.get(textOf(value)), 'expected true or false'),
  };
}

/** The value under a key; undefined when there is none. @throws RequestError when `of` makes nothing of it */
function read<T>(
  params: RequestParams,
  key: string,
  of: (value: Json) => T | undefined,
  accepted: string,
): T | undefined {
  const value = params[key];
  if (value === undefined || value === null || value === '') return undefined;
  const found = of(value);
  if (found === undefined) throw new RequestError(say`${key} is ${JSON.stringify(value)}; ${accepted}`);
  return found;
}

/** A word or number as text; an object may have a `toString` that is not a function. */
const textOf = (value: Json) => (typeof value === 'object' ? '' : String(value).toLowerCase());
const extensionOf = (value: Json) =>
  extensions.find((extension) => extension === `.${textOf(value).replace(/^\./, '')}`);
const dtypeOf = (value: Json): VoxelType | undefined => (isDtype(value) ? writtenDtypes[value] : undefined);
const booleans = new Map([['true', true], ['1', true], ['false', false], ['0', false]]); // prettier-ignore

/** The file a volume is written as. */
export interface VolumeFormat {
  extension: Exclude<ResultExtension, '.png'>;
  compress: boolean;
}

/**
 * NIfTI: an explicit ending wins, then the compression wish, then the config's. NRRD and MetaImage are compressed only when that is asked for.
 */
export function volumeFormat(
  extension: Exclude<ResultExtension, '.png'> | undefined,
  compress: boolean | undefined,
  configured = true,
): VolumeFormat {
  if (extension === '.nrrd' || extension === '.mha') return { extension, compress: compress ?? false };
  const zipped = extension ? extension === '.nii.gz' : (compress ?? configured);
  return { extension: zipped ? '.nii.gz' : '.nii', compress: zipped };
}

/** Smallest type that holds the values as they are: uint8 or uint16 for whole numbers in range (label maps), else float32. */
export function smallestDtype(data: NumericArray): VoxelType {
  if (data instanceof Uint8Array) return 'uint8';
  if (data instanceof Uint16Array) return 'uint16';
  const [, highest] = integerRange(Uint16Array)!;
  let largest = 0;
  const { start, end } = occupiedRange(data);
  for (let i = start; i < end; i++) {
    const value = data[i];
    if (!(value >= 0 && value <= highest) || value !== Math.floor(value)) return 'float32';
    if (value > largest) largest = value;
  }
  return largest > 255 ? 'uint16' : 'uint8';
}

export interface Written {
  file?: ResultFile;
  json: Record<string, Json>;
}

/** Of the job: the request's params, the image it is about, and the folder for the result. */
export interface WriterJob {
  params: RequestParams;
  image: { path: string; name: string };
  directory: string;
  /** Names of the model's classes. */
  labels?: readonly string[];
}

/** Input of a writer. */
export interface WriterTarget extends WriterJob {
  /** The wishes of the request for the file: they win over the config. */
  asked: ReturnType<typeof requestedFormat>;
  /** Stores the encoded file. */
  save(bytes: Buffer, extension: ResultExtension, contentType: string): Promise<Written>;
}
