import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { sampleCt } from '../sample-ct';

const HEADER_BYTES = 352;

/** Some axial slices of the sample CT: the same header, fewer voxels, quick to segment. The first ones show no organ; 83 to 111 show the spleen. */
export async function smallImage(slices = 8, from = 0): Promise<Buffer> {
  const raw = gunzipSync(readFileSync((await sampleCt()).image));
  const sliceBytes = raw.readInt16LE(42) * raw.readInt16LE(44) * (raw.readInt16LE(72) / 8);
  raw.writeInt16LE(slices, 46);
  const start = HEADER_BYTES + sliceBytes * from;
  return gzipSync(Buffer.concat([raw.subarray(0, HEADER_BYTES), raw.subarray(start, start + sliceBytes * slices)]));
}
