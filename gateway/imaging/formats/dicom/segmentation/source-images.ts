import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { unsupported } from '../../../image-error';
import { inParallel } from '../../file-head';
import { dot, normalOf } from '../../vectors';
import { openDicom } from '../file/open-dicom';
import { tags } from '../file/tags';
import type { DicomImage } from '../image/frame';
import { isSegmentation, readImage } from '../image/read-image';
import { newUid, type DataSet, type Element, type Vr } from '../write-dicom';
import { say } from '../../../../sentence';

export interface SourceFrame {
  sopClass: string;
  sopInstance: string;
  /** Number from 1 of the frame in its object; undefined where the object is a single image. */
  frame?: number;
  /** Centre of its first pixel, LPS mm. */
  position: readonly number[];
}

export interface SourceImages {
  series: string;
  rows: number;
  columns: number;
  orientation: readonly number[];
  /** Between rows, between columns. */
  spacing: readonly number[];
  thickness?: number;
  frames: SourceFrame[];
  /** Patient, study and frame of reference, as a segmentation of these images repeats them. */
  copied: DataSet;
  seriesNumber: number;
}

/** Reads what a segmentation takes from the headers of a folder that is one series. @throws ImageError when a place or an identifier is missing */
export async function readSourceImages(directory: string): Promise<SourceImages> {
  const names = (await readdir(directory)).sort();
  const read = await inParallel(names, (name) => readImage(join(directory, name)));
  const images = read.filter((image) => image !== undefined && !isSegmentation(image.sopClass)) as DicomImage[];
  const frames = images.flatMap(framesOf);
  const [first] = images;
  const [{ orientation, spacing }] = first.frames;
  if (!orientation || !spacing) throw unsupported(say`the images have no orientation or pixel spacing`);
  const text = await openDicom(first.path, ({ dataSet }) => Promise.resolve((tag: number) => dataSet.words(tag)));
  const missing = Object.entries({ Study: tags.study, Series: tags.series }).find(([, tag]) => text(tag) === '');
  if (missing) throw unidentified(`${missing[0]} Instance UID`);
  const normal = normalOf(orientation);
  const place = ({ position }: SourceFrame) => dot(position, normal);
  return {
    series: text(tags.series),
    rows: first.format.rows,
    columns: first.format.columns,
    orientation,
    spacing,
    thickness: Number(text(tags.sliceThickness)) || undefined,
    frames: frames.sort((a, b) => place(a) - place(b)),
    copied: copiedElements(text),
    seriesNumber: Number(text(tags.seriesNumber)) || 0,
  };
}

function framesOf({ sopClass, sopInstance, frames }: DicomImage): SourceFrame[] {
  if (!sopClass || !sopInstance) throw unidentified('SOP Class UID and SOP Instance UID');
  return frames.map(({ position, index }) => {
    if (!position) throw unsupported(say`the images do not say where they lie`);
    return { sopClass, sopInstance, position, ...(frames.length > 1 ? { frame: index + 1 } : {}) };
  });
}

const unidentified = (what: string) =>
  unsupported(say`the images have no ${what}, so no DICOM segmentation can refer to them`);

type Entry = readonly [tag: number, vr: Vr];

/** Written without a value where the images have none (type 2). */
const ALWAYS: readonly Entry[] = [
  [0x00080020, 'DA'], // Study Date
  [0x00080030, 'TM'], // Study Time
  [0x00080050, 'SH'], // Accession Number
  [0x00080090, 'PN'], // Referring Physician's Name
  [0x00100010, 'PN'], // Patient's Name
  [0x00100020, 'LO'], // Patient ID
  [0x00100030, 'DA'], // Patient's Birth Date
  [0x00100040, 'CS'], // Patient's Sex
  [0x0020000d, 'UI'], // Study Instance UID
  [0x00200010, 'SH'], // Study ID
  [0x00201040, 'LO'], // Position Reference Indicator
];

/** Written where the images have a value. */
const IF_PRESENT: readonly Entry[] = [
  [0x00080201, 'SH'], // Timezone Offset From UTC
  [0x00081030, 'LO'], // Study Description
  [0x00100021, 'LO'], // Issuer of Patient ID
  [0x00100032, 'TM'], // Patient's Birth Time
  [0x00101010, 'AS'], // Patient's Age
  [0x00101020, 'DS'], // Patient's Size
  [0x00101030, 'DS'], // Patient's Weight
  [0x00102201, 'LO'], // Patient Species Description
  [0x00104000, 'LT'], // Patient Comments
  [0x00120062, 'CS'], // Patient Identity Removed
  [0x00120063, 'LO'], // De-identification Method
  [0x00180015, 'CS'], // Body Part Examined
  [0x00200060, 'CS'], // Laterality
  [0x00280301, 'CS'], // Burned In Annotation
];

/** Clinical Trial Subject and Study: required of patients who are in a trial, and absent else. */
const TRIAL = {
  required: [
    [0x00120010, 'LO'], // Clinical Trial Sponsor Name
    [0x00120020, 'LO'], // Clinical Trial Protocol ID
    [0x00120040, 'LO'], // Clinical Trial Subject ID
  ],
  always: [
    [0x00120021, 'LO'], // Clinical Trial Protocol Name
    [0x00120030, 'LO'], // Clinical Trial Site ID
    [0x00120031, 'LO'], // Clinical Trial Site Name
  ],
} as const satisfies Record<string, readonly Entry[]>;

const FRAME_OF_REFERENCE = 0x00200052;
const LOSSY = { flag: 0x00282110, ratio: 0x00282112, method: 0x00282114 } as const;

/**
 * The elements that a segmentation repeats of its images: patient, study, frame of reference (or a new one, since positions need it), clinical trial, loss
 * of compression. @see DICOM PS3.3 C.7.1.1, C.7.2.1, C.7.2.2, C.7.4.1, C.8.20.2
 */
function copiedElements(text: (tag: number) => string): DataSet {
  const element = ([tag, vr]: Entry): Element => (text(tag) === '' ? [tag, vr] : [tag, vr, text(tag)]);
  const present = ([tag]: Entry) => text(tag) !== '';
  const inTrial = TRIAL.required.every(present);
  const lossy = text(LOSSY.flag) === '01';
  return [
    ...ALWAYS.map(element),
    ...IF_PRESENT.filter(present).map(element),
    ...(inTrial ? [...TRIAL.required, ...TRIAL.always].map(element) : []),
    [FRAME_OF_REFERENCE, 'UI', text(FRAME_OF_REFERENCE) || newUid()],
    [LOSSY.flag, 'CS', lossy ? '01' : '00'],
    ...(lossy ? ([[LOSSY.ratio, 'DS'], [LOSSY.method, 'CS']] as const).filter(present).map(element) : []),
  ];
} // prettier-ignore
