import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeSegmentation, type Segment } from '../../imaging/formats/dicom/write-segmentation';
import { packed } from '../../imaging/formats/packed-voxels';
import { channelAxis, channelView } from '../../imaging/volume';
import type { Volume } from '../../imaging/volume';
import { RequestError, type Sample } from '../../transforms/sample';
import { placeOnInputGrid } from './input-grid';
import type { WriterJob, Written } from './target';

const LARGEST_LABEL = 32767;

/**
 * `output=dicom_seg`: the label map in `field` as a DICOM Segmentation object that refers to the session's series. A segment has the name of
 * its class: label 1 is the model's first one that is not the background.
 *
 * @throws RequestError when the result is no label map, or there is no label in it: no such object exists
 */
export async function writeDicomSegmentation(
  sample: Sample,
  field: string,
  { directory, labels = [], model = '', dicomSeries }: WriterJob & { dicomSeries: string },
): Promise<Written> {
  const { volume } = placeOnInputGrid(singleChannel(sample.volume(field)), sample);
  if (!volume.affine || volume.shape.length !== 3)
    throw notWritable('the result is not a volume with a place in space');
  const path = join(directory, 'result.dcm');
  const segments = segmentsOf(volume, labels);
  await writeSegmentation(volume, { series: dicomSeries, segments, algorithm: model, path });
  const { size: bytes } = await stat(path);
  return { file: { content: { path }, name: 'result.dcm', contentType: 'application/dicom', bytes }, json: {} };
}

function singleChannel(volume: Volume): Volume {
  const axis = channelAxis(volume);
  if (axis < 0) return volume;
  if (volume.shape[axis] === 1) return channelView(volume, 0);
  throw notWritable(`the result has ${volume.shape[axis]} channels, not one label per voxel`);
}

/** A segment for each label that occurs. */
function segmentsOf(volume: Volume, labels: readonly string[]): Segment[] {
  const data = packed(volume);
  const names = /^background$/i.test(labels[0] ?? '') ? labels.slice(1) : labels;
  const seen = new Uint8Array(LARGEST_LABEL + 1);
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    if (!(value >= 0 && value <= LARGEST_LABEL) || value !== Math.floor(value))
      throw notWritable(`the result is no label map: a voxel is ${value}`);
    seen[value] = 1;
  }
  const values = [...seen.keys()].filter((value) => value > 0 && seen[value] === 1);
  if (values.length === 0)
    throw notWritable('the mask is empty, and there is no DICOM segmentation without a segment; output=image gives it');
  return values.map((value) => ({ value, name: names[value - 1] ?? `Segment ${value}` }));
}

const notWritable = (why: string) => new RequestError(`output=dicom_seg is not possible here: ${why}`);
