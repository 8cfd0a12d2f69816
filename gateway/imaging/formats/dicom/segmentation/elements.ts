import { codeString, decimalString, textValue } from '../text-value';
import { newUid, UTF8, type DataSet, type Element } from '../write-dicom';
import type { Plane } from './planes';
import { codeItem, type Algorithm } from './segments';
import type { SourceImages } from './source-images';

export interface Software {
  manufacturer: string;
  name: string;
  version: string;
}

const TIMEZONE = 0x00080201;
/** Segmentations come after the images in a list that is sorted by Series Number. */
const AFTER_IMAGES = 1000;

/** Elements on series, equipment, content and referenced images. @see DICOM PS3.3 C.7.3.1, C.8.20.1, C.7.5.1, C.7.5.2, C.8.20.2, C.12.2 */
export function seriesElements(images: SourceImages, algorithm: Algorithm, software: Software, now = new Date()): DataSet {
  const { date, time } = dateAndTime(now, images.copied);
  const { series, seriesNumber, frames } = images;
  const instances = new Map(frames.map(({ sopClass, sopInstance }) => [sopInstance, sopClass]));
  const number = seriesNumber >= 0 && seriesNumber < 1e9 ? seriesNumber : 0;
  return [
    UTF8,
    [0x00080008, 'CS', 'DERIVED', 'PRIMARY'],
    [0x00080012, 'DA', date],
    [0x00080013, 'TM', time],
    [0x00080021, 'DA', date],
    [0x00080023, 'DA', date],
    [0x00080031, 'TM', time],
    [0x00080033, 'TM', time],
    [0x00080060, 'CS', 'SEG'],
    [0x00080070, 'LO', textValue(software.manufacturer, 'LO')],
    [0x0008103e, 'LO', textValue(`Segmentation ${algorithm.name}`, 'LO')],
    [0x00081090, 'LO', textValue(software.name, 'LO')],
    [0x00081115, 'SQ', [
      [0x0008114a, 'SQ', ...[...instances].map(([instance, sopClass]): DataSet => [
        [0x00081150, 'UI', sopClass],
        [0x00081155, 'UI', instance],
      ])],
      [0x0020000e, 'UI', series],
    ]],
    [0x00181000, 'LO', 'none'],
    [0x00181020, 'LO', textValue(`${software.name} ${software.version}`, 'LO'), textValue(`${algorithm.name} ${algorithm.version}`, 'LO')],
    [0x0020000e, 'UI', newUid()],
    [0x00200011, 'IS', AFTER_IMAGES + number],
    [0x00200013, 'IS', 1],
    [0x00700080, 'CS', codeString(algorithm.name) || 'SEGMENTATION'],
    [0x00700081, 'LO', textValue(`${algorithm.name}, version ${algorithm.version}`, 'LO')],
    [0x00700084, 'PN'],
  ];
} // prettier-ignore

/** In the time zone that the images name; the server's where they name none. */
function dateAndTime(now: Date, copied: DataSet): { date: string; time: string } {
  const zone = copied.find(([tag]) => tag === TIMEZONE)?.[2];
  const [, sign, hours, minutes] = /^([+-])(\d\d)(\d\d)$/.exec(String(zone)) ?? [];
  const offset = sign ? Number(`${sign}1`) * (60 * Number(hours) + Number(minutes)) : -now.getTimezoneOffset();
  const digits = new Date(now.getTime() + offset * 60_000).toISOString().replace(/[-:TZ]/g, '');
  return { date: digits.slice(0, 8), time: digits.slice(8) };
}

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

/** The groups of one frame: dimensions, image, position, and its segment if it has one. @param index place among the object's planes, from 1 */
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
