import { writeFile } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { decodeImage, limitVoxels, toFloat32 } from '../imaging/formats/decode';
import { useDecoders } from '../imaging/formats/dicom/frames/decode-into';
import { niftiGridOf } from '../imaging/formats/nifti/result-geometry';
import { encodeNifti } from '../imaging/formats/nifti/write-nifti';
import { withoutScaling } from '../imaging/formats/whole-numbers';
import { asSessionFailure } from './import-image';
import type { FromImportWorker, ImportTask } from './to-nifti';

const dtypes = new Map([
  ['Uint8Array', 'uint8'],
  ['Int8Array', 'int8'],
  ['Int16Array', 'int16'],
  ['Uint16Array', 'uint16'],
  ['Int32Array', 'int32'],
  ['Uint32Array', 'uint32'],
  ['Float32Array', 'float32'],
  ['Float64Array', 'float64'],
] as const);

type Dtype = Parameters<typeof encodeNifti>[1]['dtype'];

/** Decodes one image and writes it as uncompressed NIfTI, its values unchanged: the whole life of this thread. */
async function main({ source, target, image, maxVoxels, decoders }: ImportTask): Promise<FromImportWorker> {
  useDecoders(decoders);
  try {
    limitVoxels(maxVoxels);
    const { name, ...options } = image;
    const decoded = await decodeImage(source, name, options);
    const volume = withoutScaling(decoded) ?? toFloat32(decoded);
    const type = volume.data.constructor.name as 'Int16Array';
    const dtype = (dtypes.get(type) ?? 'float32') as Dtype;
    const grid = niftiGridOf(volume.properties);
    await writeFile(target, await encodeNifti(volume, { dtype, image: grid, compress: false }));
    return { kind: 'done', image: { shape: [...volume.shape], warnings: decoded.warnings ?? [] } };
  } catch (error) {
    return { kind: 'failed', error: asSessionFailure(error, image.name).toData() };
  }
}

void main(workerData as ImportTask).then((message) => parentPort!.postMessage(message));
