import { readFileSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { NoLabelMap } from '../../imaging/formats/dicom/segmentation/pixels';
import { writeSegmentation } from '../../imaging/formats/dicom/segmentation/write-segmentation';
import { channelCount } from '../../imaging/volume';
import type { ModelSpec } from '../../model-spec';
import { singleChannel } from '../../transforms/channels';
import { RequestError, type Sample } from '../../transforms/sample';
import type { DicomSegmentationWish } from '../job';
import { placeOnInputGrid } from './input-grid';
import { segmentNamer } from './label-terms/terms-of-name';
import type { WriterJob, Written } from './result-format';
import { say, type Said, sentenceOf } from '../../sentence';

const { version } = JSON.parse(readFileSync(join(__dirname, '../../../package.json'), 'utf8')) as { version: string };
const software = { manufacturer: 'aiaa-triton-gateway', name: 'aiaa-triton-gateway', version };

/**
 * `output=dicom_seg`: the label map in `field` as a DICOM Segmentation object that refers to the session's series. A segment has the name of
 * its class: label 1 is the model's first one that is not the background.
 *
 * @throws RequestError when the result is no label map, or there is no label in it: no such object exists
 * @throws ImageError when it does not lie on the pixels of the series
 */
export async function writeDicomSegmentation(
  sample: Sample,
  field: string,
  { directory, spec, modelVersion, dicomSegmentation }: SegmentationJob,
): Promise<Written> {
  const given = sample.volume(field);
  if (channelCount(given) !== 1)
    throw notWritable(`the result has ${channelCount(given)} channels, not one label per voxel`);
  const { volume } = placeOnInputGrid(singleChannel(given, field), sample);
  if (!volume.affine || volume.shape.length !== 3)
    throw notWritable('the result is not a volume with a place in space');
  const { name, type, version: ofConfig } = spec;
  // Clients give points or clicks to models of these types.
  const kind = type === 'deepgrow' || type === 'annotation' ? 'SEMIAUTOMATIC' : 'AUTOMATIC';
  await mkdir(directory, { recursive: true });
  const path = join(directory, 'result.dcm');
  const written = await writeSegmentation(volume, {
    ...dicomSegmentation,
    segmentOf: segmentNamer(spec),
    algorithm: { name, version: `${ofConfig} (upload ${modelVersion})`, kind },
    software,
    path,
  }).catch((error: unknown) => {
    throw error instanceof NoLabelMap ? notWritable(say`the result is no label map: ${sentenceOf(error)}`) : error;
  });
  if (!written)
    throw notWritable('the mask is empty, and there is no DICOM segmentation without a segment; output=image gives it');
  const { size: bytes } = await stat(path);
  return { file: { content: { path }, name: 'result.dcm', contentType: 'application/dicom', bytes }, json: {} };
}

/** Of the job: what is segmented, by which version of which model. */
export type SegmentationJob = Pick<WriterJob, 'directory'> & {
  spec: ModelSpec;
  modelVersion: string;
  dicomSegmentation: DicomSegmentationWish;
};

const notWritable = (why: Said) => new RequestError(say`output=dicom_seg is not possible here: ${why}`);
