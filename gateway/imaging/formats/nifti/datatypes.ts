import { ImageError } from '../../image-error';

/** A voxel type as NIfTI knows it. `complex` and wider types are listed so that a refusal can name them. */
export interface NiftiDatatype {
  name: string;
  /** Bytes of one voxel, all channels together. */
  bytes: number;
  /** Interleaved channels of one voxel (RGB), 1 otherwise. */
  channels: number;
  readable: boolean;
}

const type = (name: string, bytes: number, channels = 1, readable = true): NiftiDatatype => ({
  name,
  bytes,
  channels,
  readable,
});
const refused = (name: string, bytes: number) => type(name, bytes, 1, false);

/** `datatype` codes of nifti1.h. */
const datatypes: ReadonlyMap<number, NiftiDatatype> = new Map([
  [1, refused('binary (1 bit)', 1)],
  [2, type('uint8', 1)],
  [4, type('int16', 2)],
  [8, type('int32', 4)],
  [16, type('float32', 4)],
  [32, refused('complex64', 8)],
  [64, type('float64', 8)],
  [128, type('rgb24', 3, 3)],
  [256, type('int8', 1)],
  [512, type('uint16', 2)],
  [768, type('uint32', 4)],
  [1024, type('int64', 8)],
  [1280, type('uint64', 8)],
  [1536, refused('float128', 16)],
  [1792, refused('complex128', 16)],
  [2048, refused('complex256', 32)],
  [2304, type('rgba32', 4, 4)],
]);

/** @throws ImageError `unsupported`, naming the type, for complex, 1-bit and 128-bit voxels; `unreadable` for a code nobody defined */
export function datatypeOf(code: number, name: string): NiftiDatatype {
  const found = datatypes.get(code);
  if (!found) throw new ImageError('unreadable', `"${name}": unknown NIfTI datatype code ${code}`);
  if (found.readable) return found;
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
