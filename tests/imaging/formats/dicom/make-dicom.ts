import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a made-up CT slice says of itself. */
export interface MadeSlice {
  position: number[];
  orientation?: number[];
  spacing?: [rows: number, columns: number];
  rows?: number;
  columns?: number;
  series?: string;
  study?: string;
  patient?: string;
  instance?: number;
  description?: string;
  sopClass?: string;
  /** Transfer syntax. @default explicit little endian */
  syntax?: string;
  /** Elements to add, or in place of those that are there. */
  more?: Buffer[];
  /** Tags of elements that are left out. */
  without?: number[];
  /** Stored value of each pixel; the real one is 1024 less. */
  pixels?: (column: number, row: number) => number;
}

const CT = '1.2.840.10008.5.1.4.1.1.2';
const ENHANCED_CT = `${CT}.1`;
const EXPLICIT = '1.2.840.10008.1.2.1';
let made = 0;

/** A DICOM file (Part 10, explicit little endian, uncompressed CT, intercept -1024). */
export function makeDicom(slice: MadeSlice): Buffer {
  const { rows = 4, columns = 5, spacing = [1, 1], orientation = [1, 0, 0, 0, 1, 0], pixels = () => 0 } = slice;
  const {
    series = '1.2.3.4',
    study = '1.2.3',
    patient = 'P1',
    instance = 1,
    description = '',
    position,
    sopClass = CT,
    syntax = EXPLICIT,
    more = [],
    without = [],
  } = slice;
  const uid = `${series}.${++made}`;
  const voxels = Buffer.alloc(rows * columns * 2);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      voxels.writeUInt16LE(pixels(column, row), 2 * (row * columns + column));
  const meta = Buffer.concat([
    element(0x0002, 0x0001, 'OB', Buffer.from([0, 1])),
    element(0x0002, 0x0002, 'UI', sopClass),
    element(0x0002, 0x0003, 'UI', uid),
    element(0x0002, 0x0010, 'UI', syntax),
    element(0x0002, 0x0012, 'UI', '1.2.3.4.5'),
  ]);
  const elements = [
    element(0x0008, 0x0016, 'UI', sopClass),
    element(0x0008, 0x0018, 'UI', uid),
    element(0x0008, 0x0060, 'CS', 'CT'),
    element(0x0008, 0x103e, 'LO', description),
    // A sequence of undefined length in the way, as real files have them.
    sequence(0x0008, 0x1140, element(0x0008, 0x1150, 'UI', CT)),
    element(0x0010, 0x0020, 'LO', patient),
    element(0x0018, 0x0050, 'DS', '1'),
    element(0x0020, 0x000d, 'UI', study),
    element(0x0020, 0x000e, 'UI', series),
    element(0x0020, 0x0013, 'IS', String(instance)),
    element(0x0020, 0x0032, 'DS', position.join('\\')),
    element(0x0020, 0x0037, 'DS', orientation.join('\\')),
    element(0x0028, 0x0002, 'US', u16(1)),
    element(0x0028, 0x0004, 'CS', 'MONOCHROME2'),
    element(0x0028, 0x0010, 'US', u16(rows)),
    element(0x0028, 0x0011, 'US', u16(columns)),
    element(0x0028, 0x0030, 'DS', spacing.join('\\')),
    element(0x0028, 0x0100, 'US', u16(16)),
    element(0x0028, 0x0101, 'US', u16(12)),
    element(0x0028, 0x0102, 'US', u16(11)),
    element(0x0028, 0x0103, 'US', u16(0)),
    element(0x0028, 0x1052, 'DS', '-1024'),
    element(0x0028, 0x1053, 'DS', '1'),
    element(0x7fe0, 0x0010, 'OW', voxels),
  ];
  const byTag = new Map([...elements, ...more].map((bytes) => [tagOf(bytes), bytes]));
  for (const tag of without) byTag.delete(tag);
  const dataSet = [...byTag].sort(([a], [b]) => a - b).map(([, bytes]) => bytes);
  const head = [Buffer.alloc(128), Buffer.from('DICM'), element(0x0002, 0x0000, 'UL', u32(meta.length)), meta];
  return Buffer.concat([...head, ...dataSet]);
}

const tagOf = (bytes: Buffer) => bytes.readUInt16LE(0) * 0x10000 + bytes.readUInt16LE(2);

/** The slices as frames of one enhanced CT; without `placed`, nothing says where they lie. */
export function makeFrames(slices: readonly MadeSlice[], placed = true): Buffer {
  const [first] = slices;
  const file = makeDicom({ ...first, sopClass: ENHANCED_CT });
  const voxels = (slice: MadeSlice) => makeDicom(slice).subarray(-2 * (slice.rows ?? 4) * (slice.columns ?? 5));
  const body = Buffer.concat(slices.map(voxels));
  const head = file.subarray(0, file.length - 12 - voxels(first).length);
  const [spacing, orientation] = [first.spacing ?? [1, 1], first.orientation ?? [1, 0, 0, 0, 1, 0]];
  const frames = element(0x0028, 0x0008, 'IS', String(slices.length));
  const at = head.indexOf(element(0x0028, 0x0010, 'US', u16(first.rows ?? 4)));
  const groups = [
    sequence(0x5200, 0x9229, Buffer.concat([
      sequence(0x0020, 0x9116, element(0x0020, 0x0037, 'DS', orientation.join('\\'))),
      sequence(0x0028, 0x9110, element(0x0028, 0x0030, 'DS', spacing.join('\\'))),
    ])),
    sequence(0x5200, 0x9230, ...slices.map(({ position }) =>
      sequence(0x0020, 0x9113, element(0x0020, 0x0032, 'DS', position.join('\\'))))),
  ];
  const pixels = element(0x7fe0, 0x0010, 'OW', body);
  return Buffer.concat([head.subarray(0, at), frames, head.subarray(at), ...(placed ? groups : []), pixels]);
} // prettier-ignore

/** Writes the slices as `0.dcm`, `1.dcm`, … */
export function writeSlices(folder: string, slices: readonly MadeSlice[]): void {
  slices.forEach((slice, at) => writeFileSync(join(folder, `${at}.dcm`), makeDicom(slice)));
}

/** An element in explicit VR little endian; numbers are of 16 bits. */
export function element(group: number, number: number, vr: string, value: string | Buffer | number[]): Buffer {
  const raw =
    typeof value === 'string'
      ? Buffer.from(value, 'latin1')
      : Array.isArray(value)
        ? Buffer.concat(value.map(u16))
        : value;
  const padding = Buffer.from(raw.length % 2 ? (vr === 'UI' ? '\0' : ' ') : '', 'latin1');
  const length = raw.length + padding.length;
  const tag = Buffer.concat([u16(group), u16(number), Buffer.from(vr)]);
  const head = vr === 'OB' || vr === 'OW' ? [tag, u16(0), u32(length)] : [tag, u16(length)];
  return Buffer.concat([...head, raw, padding]);
}

/** A sequence of undefined length, of items of undefined length. */
export function sequence(group: number, number: number, ...items: Buffer[]): Buffer {
  const undefinedLength = u32(0xffffffff);
  const delimiter = (kind: number, length: Buffer) => Buffer.concat([u16(0xfffe), u16(kind), length]);
  return Buffer.concat([
    Buffer.concat([u16(group), u16(number), Buffer.from('SQ'), u16(0), undefinedLength]),
    ...items.flatMap((item) => [delimiter(0xe000, undefinedLength), item, delimiter(0xe00d, u32(0))]),
    delimiter(0xe0dd, u32(0)),
  ]);
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
