import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { NoLabelMap } from '../../imaging/formats/dicom/segmentation/pixels';
import { writeSegmentation } from '../../imaging/formats/dicom/segmentation/write-segmentation';
import { channelAxis, channelView } from '../../imaging/volume';
import type { Volume } from '../../imaging/volume';
import type { ModelSpec } from '../../model-spec';
import { RequestError, type Sample } from '../../transforms/sample';
import type { DicomSegmentationWish } from '../job';
import { placeOnInputGrid } from './input-grid';
import { segmentNamer } from './label-terms/terms-of-name';
import type { WriterJob, Written } from './target';

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
  const { volume } = placeOnInputGrid(singleChannel(sample.volume(field)), sample);
  if (!volume.affine || volume.shape.length !== 3)
    throw notWritable('the result is not a volume with a place in space');
  const path = join(directory, 'result.dcm');
  const written = await writeSegmentation(volume, {
    ...dicomSegmentation,
    segmentOf: segmentNamer(spec),
    algorithm: algorithmOf(spec, modelVersion),
    software,
    path,
  }).catch((error: unknown) => {
    throw error instanceof NoLabelMap ? notWritable(`the result is no label map: ${error.message}`) : error;
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

function singleChannel(volume: Volume): Volume {
  const axis = channelAxis(volume);
  if (axis < 0) return volume;
  if (volume.shape[axis] === 1) return channelView(volume, 0);
  throw notWritable(`the result has ${volume.shape[axis]} channels, not one label per voxel`);
}

/** Clients give points or clicks to models of these types. */
function algorithmOf({ name, type, version }: ModelSpec, upload: string) {
  const shown = type === 'deepgrow' || type === 'annotation';
  return {
    name,
    version: `${version} (upload ${upload})`,
    kind: shown ? ('SEMIAUTOMATIC' as const) : ('AUTOMATIC' as const),
  };
}

const notWritable = (why: string) => new RequestError(`output=dicom_seg is not possible here: ${why}`);
