import { gunzipSync } from 'node:zlib';
import { makeNifti1 } from '../imaging/formats/nifti/make-nifti';
import { infer, putModel, type Answer } from './client';
import { addingModel, brightConfig } from './onnx-builder';

/** Voxels 0 to 63. */
const image = makeNifti1({ dim: [4, 4, 4], datatype: 2, voxels: Uint8Array.from({ length: 64 }, (_, i) => i) });
/** Voxels of the image above the threshold of {@link brightConfig}. */
const BRIGHT = 13;

/** A config that tells its number. */
export const numberedConfig = (number: number) => ({ ...brightConfig(), description: `number ${number}` });

/** Uploads a model whose weights and config both tell its number, 0 to 50. */
export const putNumbered = (url: string, name: string, number: number): Promise<Answer> =>
  putModel(url, name, numberedConfig(number), addingModel(number));

/** The number of the weights that answer, or what went wrong. */
export async function servedNumber(url: string, name: string, signal?: AbortSignal): Promise<number | string> {
  const { status, json, image: mask } = await infer(url, name, image, { query: 'output=image', signal });
  if (status !== 200) return `${status} ${json?.error?.code}: ${json?.error?.message}`;
  return countOf(mask!) - BRIGHT;
}

const countOf = (mask: Buffer) =>
  (mask[0] === 0x1f ? gunzipSync(mask) : mask).subarray(352).reduce((sum, voxel) => sum + voxel, 0);
