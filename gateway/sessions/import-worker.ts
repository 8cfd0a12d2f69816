import { writeFile } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { decodeImage, limitVoxels, toFloat32 } from '../imaging/formats/decode';
import { useDecoders } from '../imaging/formats/dicom/frames/decode-into';
import { niftiGridOf } from '../imaging/formats/nifti/result-geometry';
import { encodeNifti } from '../imaging/formats/nifti/write-nifti';
import { withoutScaling } from '../imaging/formats/real-values';
import { voxelTypeOf } from '../imaging/formats/value-types';
import { asSessionFailure } from './import-image';
import type { FromImportWorker, ImportTask } from './to-nifti';

/** Decodes one image and writes it as uncompressed NIfTI, its values unchanged: the whole life of this thread. */
async function main({ source, target, image, maxVoxels, decoders }: ImportTask): Promise<FromImportWorker> {
  useDecoders(decoders);
  try {
    limitVoxels(maxVoxels);
    const { name, ...options } = image;
    const decoded = await decodeImage(source, name, options);
    const volume = withoutScaling(decoded) ?? toFloat32(decoded);
    const dtype = voxelTypeOf(volume.data);
    const grid = niftiGridOf(volume.properties);
    await writeFile(target, await encodeNifti(volume, { dtype, image: grid, compress: false }));
    return { kind: 'done', image: { shape: [...volume.shape], warnings: decoded.warnings ?? [] } };
  } catch (error) {
    return { kind: 'failed', error: asSessionFailure(error, image.name).toData() };
  }
}

void main(workerData as ImportTask).then((message) => parentPort!.postMessage(message));
