import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Segment } from '../../../../../gateway/imaging/formats/dicom/segmentation/segments';
import {
  writeSegmentation,
  type SegmentationKind,
  type SegmentationOptions,
} from '../../../../../gateway/imaging/formats/dicom/segmentation/write-segmentation';
import { decodeImage } from '../../../../../gateway/imaging/formats/decode';
import type { Volume } from '../../../../../gateway/imaging/volume';
import golden from '../../../../golden/dicom_segmentation.json';
import { temporaryFolder } from '../../temporary-file';

export type GoldenCase = (typeof golden.cases)[number];
export const { cases } = golden;

const tissue = { value: '85756007', scheme: 'SCT', meaning: 'Tissue' };

/** A segment named after its label. */
export const plainSegment = (value: number): Segment => ({
  value,
  name: `label ${value}`,
  category: tissue,
  type: tissue,
  colour: [220, 60, 50],
});

/** The files of a case in a folder of their own, and the mask on the grid that this server reads from them. */
export async function sourceOf({ files, mask }: GoldenCase): Promise<{ series: string; volume: Volume }> {
  const series = temporaryFolder();
  files.forEach((file, at) => writeFileSync(join(series, `${at}.dcm`), Buffer.from(file, 'base64')));
  const { volume } = await decodeImage(files.length > 1 ? series : join(series, '0.dcm'), 'upload');
  const bytes = Uint8Array.from(Buffer.from(mask, 'base64'));
  return { series, volume: { ...volume, data: new Uint16Array(bytes.buffer) } };
}

/** Writes the mask of a case as a Segmentation. @returns the file */
export async function written(
  { series, volume }: { series: string; volume: Volume },
  kind: SegmentationKind,
  options: Partial<SegmentationOptions> = {},
): Promise<string> {
  const path = join(temporaryFolder(), 'segmentation.dcm');
  const made = await writeSegmentation(volume, {
    series,
    kind,
    segmentOf: plainSegment,
    algorithm: { name: 'spleen_ct', version: '2', kind: 'AUTOMATIC' },
    software: { manufacturer: 'maker', name: 'gateway', version: '1.2.3' },
    path,
    ...options,
  });
  expect(made).toBe(true);
  return path;
}
