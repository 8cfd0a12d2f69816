import { mkdirSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import fsPromises from 'node:fs/promises';
import { join } from 'node:path';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { decodeImage } from '../../../gateway/imaging/formats/decode';
import frames from '../../golden/dicom_frames.json';
import pictures from '../../golden/imaging_pictures.json';
import zstd from '../../golden/imaging_zstd.json';
import headers from '../../golden/text_headers.json';
import { until } from '../../until';
import { makeDicom } from './dicom/make-dicom';
import { makeNifti1 } from './nifti/make-nifti';
import { temporaryFolder } from './temporary-file';
import { randomOf } from '../../random';

/** More of them from the environment, and their seed. */
const FILES = Number(process.env.DAMAGED_FILES ?? 300);
const SEED = Number(process.env.MUTATION_SEED ?? 1);

const fromBase64 = (text: string) => Buffer.from(text, 'base64');
const nifti = makeNifti1({ dim: [8, 8, 8], datatype: 2, voxels: new Uint8Array(512).map((_, at) => at) });
const vtk = (form: string, values: Buffer) =>
  Buffer.concat([Buffer.from(`# vtk DataFile Version 3.0\nt\n${form}\nDATASET STRUCTURED_POINTS\nDIMENSIONS 2 2 2\nPOINT_DATA 8\nSCALARS s short 1\nLOOKUP_TABLE default\n`), values]); // prettier-ignore
const plain = makeDicom({ position: [0, 0, 0] });
/** Where the data set begins: after the file meta information, whose length stands at byte 140. */
const dataSetAt = 144 + plain.readUInt32LE(140);
const deflated = makeDicom({ position: [0, 0, 0], syntax: '1.2.840.10008.1.2.1.99' });

/** Pixel Data of one compressed frame (PS3.5 A.4). */
function encapsulated(frame: Buffer): Buffer {
  const element = (tag: number[], length: number, vr = Buffer.alloc(0)) => {
    const head = Buffer.concat([Buffer.from(tag), vr, Buffer.alloc(4)]);
    head.writeUInt32LE(length >>> 0, head.length - 4);
    return head;
  };
  const even = frame.length % 2 ? Buffer.concat([frame, Buffer.alloc(1)]) : frame;
  return Buffer.concat([element([0xe0, 0x7f, 0x10, 0], 0xffffffff, Buffer.from('OB\0\0')), element([0xfe, 0xff, 0, 0xe0], 0), element([0xfe, 0xff, 0, 0xe0], even.length), even, element([0xfe, 0xff, 0xdd, 0xe0], 0)]); // prettier-ignore
}

/** By their names: the format, and a good file. */
const samples: [name: string, content: Buffer][] = [
  ['a.nii', nifti],
  ['a.nii.gz', gzipSync(nifti)],
  ...Object.values(zstd).map((file): [string, Buffer] => ['a.nii.zst', fromBase64(file)]),
  ...headers.filter((_, at) => at % 12 === 0).map(({ name, file }): [string, Buffer] => [name, fromBase64(file)]),
  ...pictures.map(({ file }): [string, Buffer] => ['a.png', fromBase64(file)]),
  ['a.vtk', vtk('ASCII', Buffer.from('1 2 3 4 5 6 7 8\n'))],
  ['a.vtk', vtk('BINARY', Buffer.alloc(16))],
  ['a.mgh', Buffer.alloc(400, 1)],
  ['a.mrc', Buffer.alloc(1100, 1)],
  ['a.gipl', Buffer.alloc(300, 1)],
  ['a.dcm', plain],
  ['a.dcm', plain.subarray(dataSetAt)],
  ['a.dcm', Buffer.concat([deflated.subarray(0, dataSetAt), deflateRawSync(deflated.subarray(dataSetAt))])],
  ...frames.filter((_, at) => at % 12 === 0).map(({ format, frame }): [string, Buffer] => {
    const whole = makeDicom({ position: [0, 0, 0], syntax: format.transferSyntax, rows: format.rows, columns: format.columns });
    return ['a.dcm', Buffer.concat([whole.subarray(0, whole.lastIndexOf(Buffer.from([0xe0, 0x7f, 0x10, 0]))), encapsulated(fromBase64(frame))])];
  }),
]; // prettier-ignore

const random = randomOf(SEED);
const below = (n: number) => Math.floor(random() * n);

function damaged(file: Buffer): Buffer {
  const copy = Buffer.from(file);
  for (let n = below(4); n > 0; n--) {
    const at = below(copy.length);
    if (random() < 0.3) copy.subarray(at, at + below(16)).fill([0, 255, 65][below(3)]);
    else copy[at] ^= 1 << below(8);
  }
  return random() < 0.4 ? copy.subarray(0, below(copy.length)) : copy;
}

/** Files of a folder that this process has open. */
function openIn(folder: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      return path.startsWith(folder) ? [path] : [];
    } catch {
      return [];
    }
  });
}

test(`${FILES} damaged images, and series with a damaged file, leave no file open`, async () => {
  const prints = (['log', 'error', 'warn'] as const).map((method) => jest.spyOn(console, method).mockImplementation());
  const all = () => readdirSync('/proc/self/fd').length;
  const folder = temporaryFolder();
  await decodeImage(writeTo(join(folder, 'first'), nifti), 'a.nii');
  const before = all();
  // Held here, so that no garbage collection closes one that was forgotten.
  const handles: fsPromises.FileHandle[] = [];
  const { open } = fsPromises;
  const opening = jest.spyOn(fsPromises, 'open').mockImplementation(async (...given) => {
    const handle = await open(...given);
    handles.push(handle);
    return handle;
  });
  const outcomes = { read: 0, refused: 0 };
  for (let number = 0; number < FILES; number++) {
    const [name, content] = samples[below(samples.length)];
    const isSeries = name === 'a.dcm' && random() < 0.3;
    const image = join(folder, `${number}`);
    if (isSeries) mkdirSync(image);
    if (isSeries) writeTo(join(image, 'good.dcm'), makeDicom({ position: [0, 0, 1] }));
    writeTo(isSeries ? join(image, 'damaged.dcm') : image, damaged(content));
    await decodeImage(image, name).then(() => outcomes.read++, () => outcomes.refused++); // prettier-ignore
    rmSync(image, { recursive: true });
  }
  opening.mockRestore();
  expect(handles.length).toBeGreaterThan(FILES);
  expect(handles.filter(({ fd }) => fd >= 0)).toEqual([]);
  // A stream closes its file a moment later.
  await until(() => openIn(folder).length === 0 && all() <= before);
  expect(Math.min(outcomes.read, outcomes.refused)).toBeGreaterThan(FILES / 20);
  prints.forEach((print) => print.mockRestore());
  if (process.env.DAMAGED_FILES) process.stdout.write(`${JSON.stringify(outcomes)}, files open ${before} → ${all()}\n`);
});

const compressed = (encoding: string, data: Buffer) =>
  Buffer.concat([Buffer.from(`NRRD0004\ntype: uint8\ndimension: 3\nsizes: 8 8 8\nencoding: ${encoding}\n\n`), data]);
const random512 = Buffer.from(Array.from({ length: 512 }, () => below(256)));
test.each([
  ['gzip without a header', compressed('gzip', Buffer.from('no gzip at all'))],
  ['gzip whose header ends early', compressed('gzip', Buffer.from([0x1f, 0x8b, 8, 31, 0, 0, 0, 0, 0, 0]))],
  ['gzip that is damaged', compressed('gzip', Buffer.concat([gzipSync(random512).subarray(0, 12), Buffer.alloc(300_000, 255)]))],
  ['gzip with more behind it', compressed('gzip', Buffer.concat([gzipSync(random512), Buffer.alloc(300_000, 1)]))],
  ['zlib without a header', Buffer.from('ObjectType = Image\nNDims = 3\nDimSize = 8 8 8\nElementType = MET_UCHAR\nCompressedData = True\nElementDataFile = LOCAL\nno zlib at all')],
])('%s leaves no file open', async (_, content) => {
  const folder = temporaryFolder();
  const name = content.includes('NRRD') ? 'a.nrrd' : 'a.mha';
  await decodeImage(writeTo(join(folder, 'image'), content), name).catch(() => undefined);
  expect(openIn(folder)).toEqual([]);
}); // prettier-ignore

function writeTo(path: string, content: Buffer): string {
  writeFileSync(path, content);
  return path;
}
