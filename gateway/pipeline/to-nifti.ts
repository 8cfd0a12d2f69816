import { writeFile } from 'node:fs/promises';
import { decodeImage, toFloat32 } from '../imaging/formats/decode';
import { niftiGridOf } from '../imaging/formats/nifti/result-geometry';
import { encodeNifti } from '../imaging/formats/nifti/write-nifti';
import { withoutScaling } from '../imaging/formats/real-values';
import { voxelTypeOf } from '../imaging/formats/value-types';
import type { StageClock } from '../telemetry/stages';
import { translate } from './chain';
import type { JobResult, NiftiJob } from './job';

/**
 * Decodes an image and writes it as uncompressed NIfTI, its values unchanged.
 * @param room asked with the bytes of the file before it is written; throws where there is none
 * @returns its `shape`
 * @throws DISK_FULL, codes of images
 */
export async function runNiftiJob(
  job: NiftiJob,
  clock: StageClock,
  room: (bytes: number) => Promise<void>,
): Promise<JobResult> {
  const { image, target, options } = job;
  const decoded = await clock.measure('decode', () => translate(job, () => decodeImage(image.path, image.name, options)));
  const volume = withoutScaling(decoded) ?? toFloat32(decoded);
  const grid = niftiGridOf(volume.properties);
  await clock.measure('write', async () => {
    const content = await encodeNifti(volume, { dtype: voxelTypeOf(volume.data), image: grid, compress: false });
    await room(content.length);
    await writeFile(target, content);
  });
  return { json: { shape: [...volume.shape] }, warnings: decoded.warnings ?? [] };
} // prettier-ignore
