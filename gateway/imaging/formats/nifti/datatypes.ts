import { ImageError } from '../../image-error';
import type { ValueType } from '../value-types';

/** A voxel type as NIfTI knows it. `complex` and wider types are listed so that a refusal can name them. */
export interface NiftiDatatype {
  name: string;
  /** Type of one channel; undefined when it is not read. */
  value?: ValueType;
  /** Interleaved channels of one voxel (RGB), 1 otherwise. */
  channels: number;
}

const type = (value: ValueType): NiftiDatatype => ({ name: value, value, channels: 1 });
const colour = (name: string, channels: number): NiftiDatatype => ({ name, value: 'uint8', channels });
const refused = (name: string): NiftiDatatype => ({ name, channels: 1 });

/** `datatype` codes of nifti1.h. */
const datatypes: ReadonlyMap<number, NiftiDatatype> = new Map([
  [1, refused('binary (1 bit)')],
  [2, type('uint8')],
  [4, type('int16')],
  [8, type('int32')],
  [16, type('float32')],
  [32, refused('complex64')],
  [64, type('float64')],
  [128, colour('rgb24', 3)],
  [256, type('int8')],
  [512, type('uint16')],
  [768, type('uint32')],
  [1024, type('int64')],
  [1280, type('uint64')],
  [1536, refused('float128')],
  [1792, refused('complex128')],
  [2048, refused('complex256')],
  [2304, colour('rgba32', 4)],
]);

/** @throws ImageError `unsupported`, naming the type, for complex, 1-bit and 128-bit voxels; `unreadable` for a code nobody defined */
export function datatypeOf(code: number, name: string): Required<NiftiDatatype> {
  const found = datatypes.get(code);
  if (!found) throw new ImageError('unreadable', `"${name}": unknown NIfTI datatype code ${code}`);
  if (found.value) return { ...found, value: found.value };
  throw new ImageError(
    'unsupported',
    `"${name}" has voxels of type ${found.name}; integers, float32, float64 and RGB are read`,
  );
}

/** Voxel types the writer offers, with their NIfTI code. */
export const writableDatatypes = {
  uint8: { code: 2, array: Uint8Array },
  int8: { code: 256, array: Int8Array },
  int16: { code: 4, array: Int16Array },
  uint16: { code: 512, array: Uint16Array },
  int32: { code: 8, array: Int32Array },
  uint32: { code: 768, array: Uint32Array },
  float32: { code: 16, array: Float32Array },
  float64: { code: 64, array: Float64Array },
} as const;

export type NiftiDtype = keyof typeof writableDatatypes;
