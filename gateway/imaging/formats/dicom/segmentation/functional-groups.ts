import { decimalString } from '../text-value';
import type { DataSet, Element } from '../write-dicom';
import { codeItem } from './segments';
import type { Plane } from './planes';
import type { SourceImages } from './source-images';

const SEGMENTATION = { value: '113076', scheme: 'DCM', meaning: 'Segmentation' };
const SOURCE_IMAGE = { value: '121322', scheme: 'DCM', meaning: 'Source image for image processing operation' };

/** The groups that all frames share: size of a pixel and the directions of rows and columns. @see DICOM PS3.3 C.7.6.16.2 */
export function sharedGroups({ spacing, orientation, thickness }: SourceImages, gap: number | undefined): DataSet {
  const between: Element[] = gap === undefined ? [] : [[0x00180088, 'DS', decimalString(gap)]];
  return [
    [0x00289110, 'SQ', [
      [0x00180050, 'DS', decimalString(thickness ?? gap ?? 1)],
      [0x00280030, 'DS', ...spacing.map(decimalString)],
      ...between,
    ]],
    [0x00209116, 'SQ', [[0x00200037, 'DS', ...orientation.map(decimalString)]]],
  ];
} // prettier-ignore

/**
 * The groups of one frame: its place among the dimensions, its image, its position, and the number of its segment if it has a single one.
 *
 * @param index place of its plane among the planes of the object, from 1
 */
export function frameGroups({ source }: Plane, index: number, segment?: number): DataSet {
  const { sopClass, sopInstance, frame, position } = source;
  const dimensions = segment === undefined ? [index] : [segment, index];
  const frameNumber: Element[] = frame === undefined ? [] : [[0x00081160, 'IS', frame]];
  const identification: Element[] = segment === undefined ? [] : [[0x0062000a, 'SQ', [[0x0062000b, 'US', segment]]]];
  return [
    [0x00089124, 'SQ', [
      [0x00082112, 'SQ', [
        [0x00081150, 'UI', sopClass],
        [0x00081155, 'UI', sopInstance],
        ...frameNumber,
        [0x0028135a, 'CS', 'YES'],
        [0x0040a170, 'SQ', codeItem(SOURCE_IMAGE)],
      ]],
      [0x00089215, 'SQ', codeItem(SEGMENTATION)],
    ]],
    [0x00209111, 'SQ', [[0x00209157, 'UL', ...dimensions]]],
    [0x00209113, 'SQ', [[0x00200032, 'DS', ...position.map(decimalString)]]],
    ...identification,
  ];
} // prettier-ignore

/** The modules of the dimensions that {@link frameGroups} counts in. @see DICOM PS3.3 C.7.6.17 */
export function dimensionElements(organization: string, bySegment: boolean): DataSet {
  const dimension = (pointer: number, group: number, label: string): DataSet => [
    [0x00209164, 'UI', organization],
    [0x00209165, 'AT', pointer],
    [0x00209167, 'AT', group],
    [0x00209421, 'LO', label],
  ];
  const segment = bySegment ? [dimension(0x0062000b, 0x0062000a, 'Segment Number')] : [];
  return [
    [0x00209221, 'SQ', [[0x00209164, 'UI', organization]]],
    [0x00209222, 'SQ', ...segment, dimension(0x00200032, 0x00209113, 'Image Position Patient')],
  ];
}
