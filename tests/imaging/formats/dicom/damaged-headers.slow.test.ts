import { inflateSync } from 'node:zlib';
import series from '../../../golden/dicom_series.json';
import { decodeImage } from '../../../../gateway/imaging/formats/decode';
import { temporaryFile } from '../temporary-file';
import { makeDicom } from './make-dicom';

const kinds = ['one image', 'implicit', 'big endian', 'deflated', 'frames, each its own slope', 'NM', 'dose', 'private elements, implicit', 'no preamble and no mark'] as const; // prettier-ignore
const CUTS = Number(process.env.MUTATED_IMAGES ?? 40);

const firstFile = (kind: (typeof kinds)[number]) => {
  const files = JSON.parse(inflateSync(Buffer.from(series[kind].files, 'base64')).toString()) as string[];
  return Buffer.from(files[0], 'base64');
};

/** A small generator of numbers, the same at every run. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

const outcome = async (bytes: Buffer) => {
  const image = await decodeImage(temporaryFile('a.dcm', bytes), 'a.dcm').catch((error: Error) => error.name);
  return typeof image === 'string' ? image : 'read';
};

test.each(kinds)('%s: a changed byte gives an image or an ImageError', async (kind) => {
  const whole = firstFile(kind);
  const random = numbers(14);
  for (let change = 0; change < CUTS; change++) {
    const bytes = Buffer.from(whole);
    for (let count = 0; count < 3; count++) {
      const at = Math.floor(random.next().value * Math.min(bytes.length, 2000));
      bytes[at] = Math.floor(random.next().value * 256);
    }
    expect(['read', 'ImageError']).toContain(await outcome(bytes));
  }
});

test.each(kinds)('%s: an end before the last byte of the pixels is refused', async (kind) => {
  const whole = firstFile(kind);
  for (let left = CUTS; left > 0; left--) {
    // The last bits of a deflated file only end it.
    const least = kind === 'deflated' ? 12 : 0;
    const bytes = whole.subarray(0, whole.length - least - Math.ceil((left / CUTS) * (whole.length - 140 - least)));
    expect([left, await outcome(bytes)]).toEqual([left, 'ImageError']);
  }
});

test('a header that announces more than the file holds takes no memory for it', async () => {
  const file = makeDicom({ position: [0, 0, 0], rows: 4, columns: 5 });
  const at = file.indexOf(Buffer.from('28001000', 'hex'));
  file.writeUInt16LE(65535, at + 8);
  await expect(decodeImage(temporaryFile('a.dcm', file), 'a.dcm')).rejects.toThrow(
    /its pixel data is truncated: 5 x 65535 pixels need 655350 bytes, and there are 40/,
  );
});
