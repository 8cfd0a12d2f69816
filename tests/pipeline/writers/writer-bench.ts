import { decodeImage } from '../../../gateway/imaging/formats/decode';
import { toFloat32 } from '../../../gateway/imaging/formats/decode';
import { spatialShape } from '../../../gateway/imaging/volume';
import type { Volume } from '../../../gateway/imaging/volume';
import { writeResult } from '../../../gateway/pipeline/writers/writers';
import { writerDefinitions } from '../../../gateway/transforms/writers';
import { Sample } from '../../../gateway/transforms/sample';
import type { RequestParams } from '../../../gateway/transforms/sample';
import { temporaryFile, temporaryFolder } from '../../imaging/formats/temporary-file';
import { resultPath } from '../result-path';

export interface Request {
  /** The uploaded file's bytes and name. */
  upload: Buffer;
  name?: string;
  params?: RequestParams;
}

/** A sample as it is when the writer's turn comes: the image loaded into `image`, and its file. */
export async function sampleOf({ upload, name = 'image.nii.gz', params = {} }: Request) {
  const file = { path: temporaryFile('upload', upload), name };
  const sample = new Sample(new Map([['image', [file]]]), params);
  const image = toFloat32(await decodeImage(file.path, name));
  image.properties.originalShape = spatialShape(image);
  image.properties.asCanonical = false;
  sample.volumes.set('image', image);
  return { sample, image, file };
}

/** Runs the writer a config names with these arguments, and decodes what it wrote. */
export async function written(sample: Sample, file: { path: string; name: string }, writer: string, args: object) {
  const definition = writerDefinitions.find(({ name }) => name === writer)!;
  const step = { name: writer, args: definition.args.parse(args) as Record<string, unknown> };
  const result = await writeResult(sample, step, { params: sample.params, image: file, directory: temporaryFolder() });
  const volume = (await decodeImage(resultPath(result.file!), result.file!.name)).volume;
  return { ...result, volume };
}

export function prediction(values: ArrayLike<number>, like: Volume): Volume {
  return { ...like, data: Float32Array.from(values), affine: undefined, properties: {} };
}
