/** Half-open ranges [first, end) along the axes of the client's array. */
export type Box = readonly (readonly [number, number])[];

/** A file with a mask begins with the bounds of its box, six integers of 32 bits; a byte for each voxel of that follows, and nothing for an empty mask. */
export const MASK_HEAD_BYTES = 24;

/** @param fileBytes of the whole file @returns null for an empty mask, undefined for a file that is not whole */
export function boxOfMaskFile(head: Buffer, fileBytes: number): Box | null | undefined {
  if (head.length < MASK_HEAD_BYTES) return undefined;
  const [z0, z1, y0, y1, x0, x1] = Array.from({ length: 6 }, (_, at) => head.readInt32LE(4 * at));
  const box: Box = [[z0, z1], [y0, y1], [x0, x1]]; // prettier-ignore
  const isEmpty = box.flat().every((bound) => bound === 0);
  const isBox = box.every(([first, end]) => first >= 0 && end > first);
  const voxels = isEmpty ? 0 : isBox ? (z1 - z0) * (y1 - y0) * (x1 - x0) : NaN;
  if (fileBytes !== MASK_HEAD_BYTES + voxels) return undefined;
  return isEmpty ? null : box;
}

/** What a user has said about an image. Masks lie in files of the session's folder. */
export type Prompt = { positive: boolean } & (
  { kind: 'point'; at: number[] } | { kind: 'box'; box: Box } | { kind: 'scribble' | 'lasso'; mask: string }
);

/** All that the answer to a prompt depends on, beside the image and the model: plain JSON, with masks by the names of their files. */
export interface Interaction {
  /** In the order in which they came. */
  prompts: Prompt[];
  /** The mask that the prompts refine. @default an empty one */
  initial?: string;
  /** The mask that the last prediction left. @default an empty one */
  mask?: string;
  /** Whether prompts have come since. */
  pending: boolean;
}

/**
 * Masks that are sent whole. `bits`: gzip of one bit for each voxel, the highest first, as the server of SlicerNNInteractive until 2026 sent them; `json`: JSON whose `result`
 * is base64 of gzip of one byte for each, as itksnap-dls 0.1.6 does.
 */
export type WholeMask = 'bits' | 'json';

/**
 * An interactive session as the job sees it that answers its prompts. Points, boxes and `shape` are in the order of the client's array, slowest axis first:
 * that of the session's NIfTI file reversed. A model that answers puts the mask of the whole image into the sample, on the grid of the file, and nothing
 * more: what comes after it keeps the mask, and sends what is new to the client.
 */
export interface InteractionJob extends Interaction {
  /** Folder of its files. Files are never written again under the same name. */
  folder: string;
  /** Voxels of the image. */
  shape: readonly number[];
  /** Numpy's name of the voxels that the client wants. */
  dtype: string;
  /** Whether the model may look at more than a patch of its own size. */
  autozoom: boolean;
  /** Whether it is to go over all of the mask again. */
  refine: boolean;
  /** The mask as the client has it. @default an empty one */
  delivered?: string;
  /** The whole mask as its client reads it. @default what changed since `delivered`, as a packed array */
  whole?: WholeMask;
  /** The file for the new mask. */
  result: string;
  /** The value that counts where the model gives several. @default every one but 0 */
  label?: number;
  /** Set for a model that knows clicks alone: how its mask and those that were there make one. @default its mask is all of it */
  clicks?: {
    /** The only slice of the first axis that it answers. */
    slice?: number;
    /** What it takes for the things that the user does not want: goes from the initial mask. */
    unwanted?: string;
  };
}
