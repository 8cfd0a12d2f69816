import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { sampleCt } from '../sample-ct';

const HEADER_BYTES = 352;

/** The first axial slices of the sample CT: the same header, fewer voxels, quick to segment. */
export async function smallImage(slices = 8): Promise<Buffer> {
  const raw = gunzipSync(readFileSync((await sampleCt()).image));
  const sliceBytes = raw.readInt16LE(42) * raw.readInt16LE(44) * (raw.readInt16LE(72) / 8);
  raw.writeInt16LE(slices, 46);
  return gzipSync(raw.subarray(0, HEADER_BYTES + sliceBytes * slices));
}
