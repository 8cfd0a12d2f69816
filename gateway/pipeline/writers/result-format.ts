import { integerRange, type VoxelType } from '../../imaging/formats/value-types';
import { occupiedRange } from '../../imaging/occupied';
import type { NumericArray } from '../../imaging/volume';
import { RequestError, type Json, type RequestParams } from '../../transforms/sample';
import { isDtype, writtenDtypes } from '../../transforms/writers';

export const extensions = ['.nii.gz', '.nii', '.nrrd', '.mha', '.png'] as const;
export type ResultExtension = (typeof extensions)[number];

/** The request's keys that shape the file, under the names the config gives them. */
export interface ResultKeys {
  extension: string;
  dtype: string;
  compress: string;
}

/** The keys a writer's arguments name; Clara's writers have no such arguments. */
export function keysOf(args: { key_extension?: unknown; key_dtype?: unknown; key_compress?: unknown }): ResultKeys {
  const { key_extension = 'result_extension', key_dtype = 'result_dtype', key_compress = 'result_compress' } = args;
  return { extension: String(key_extension), dtype: String(key_dtype), compress: String(key_compress) };
}

/** What the request asks of the result file. @throws RequestError naming what is accepted */
export function requestedFormat(params: RequestParams, keys: ResultKeys) {
  return {
    extension: readExtension(params[keys.extension], keys.extension),
    dtype: readDtype(params[keys.dtype], keys.dtype),
    compress: readBoolean(params[keys.compress], keys.compress),
  };
}

const absent = (value: Json | undefined) => value === undefined || value === null || value === '';

/** A word or number as text; an object may have a `toString` that is not a function. */
const textOf = (value: Json | undefined) => (typeof value === 'object' ? '' : String(value).toLowerCase());

function readExtension(value: Json | undefined, key: string): ResultExtension | undefined {
  if (absent(value)) return undefined;
  const wanted = `.${textOf(value).replace(/^\./, '')}`;
  const found = extensions.find((extension) => extension === wanted);
  if (!found)
    throw new RequestError(`${key} is ${JSON.stringify(value)}; results can be written as ${extensions.join(', ')}`);
  return found;
}

function readDtype(value: Json | undefined, key: string): VoxelType | undefined {
  if (absent(value)) return undefined;
  if (isDtype(value)) return writtenDtypes[value];
  throw new RequestError(
    `${key} is ${JSON.stringify(value)}; voxel types are ${Object.keys(writtenDtypes).join(', ')}`,
  );
}

function readBoolean(value: Json | undefined, key: string): boolean | undefined {
  if (absent(value)) return undefined;
  const text = textOf(value);
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  throw new RequestError(`${key} is ${JSON.stringify(value)}; expected true or false`);
}

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
