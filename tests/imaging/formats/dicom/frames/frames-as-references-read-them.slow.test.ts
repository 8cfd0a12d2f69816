import { decodeFrame } from '../../../../../gateway/imaging/formats/dicom/frames/decode-frame';
import { layoutOf } from '../../../../../gateway/imaging/formats/dicom/frames/frame';
import { ImageError } from '../../../../../gateway/imaging/image-error';
import { goldenFrames, isProgressiveJpegOf12Bits, type GoldenFrame } from './golden-frames';

/** As in `../../../../golden/dicom_frames.json`. */
const cases = goldenFrames();
const named = (some: GoldenFrame[]) => some.map((one) => [one.name, one] as const);

/** Largest difference of what is decoded from the reference. */
async function difference({ format, frame, values }: GoldenFrame, fragments: number): Promise<number> {
  const size = Math.ceil(frame.length / fragments);
  // In the file the fragments lie in another order, with something between them.
  const file = Buffer.alloc(frame.length + 8 * fragments, 0xaa);
  const ranges = Array.from({ length: fragments }, (_, index) => {
    const part = frame.subarray(index * size, (index + 1) * size);
    const at = (fragments - 1 - index) * (size + 8);
    file.set(part, at);
    return { at, length: part.length };
  });
  const pixels = await decodeFrame({ bytes: file, ranges, format });
  const { type, channels } = layoutOf(format);
  const wanted = Array.from<number>(new type(values.slice().buffer));
  expect([pixels.values.constructor, pixels.channels]).toEqual([type, channels]);
  expect(pixels.values).toHaveLength(wanted.length);
  return wanted.reduce((most, value, at) => Math.max(most, Math.abs(value - pixels.values[at])), 0);
}

test.each(named(cases.filter((one) => !isProgressiveJpegOf12Bits(one))))('%s', async (_, one) => {
  for (const fragments of [1, 3]) expect(await difference(one, fragments)).toBeLessThanOrEqual(one.within);
});

test.each(named(cases.filter(isProgressiveJpegOf12Bits)))('%s is refused by name', async (_, one) => {
  const message = `^the transfer syntax "JPEG .*\\(${one.format.transferSyntax}\\) holds JPEG of process SOF2 with 12 bits`;
  await expect(difference(one, 1)).rejects.toThrow(new RegExp(message));
});

test.each(named(cases))('%s, cut short, is refused', async (_, { frame, format }) => {
  for (const part of [0.1, 0.5, 0.9, 0.98]) {
    const length = Math.min(Math.floor(frame.length * part), frame.length - 5);
    await expect(decodeFrame({ bytes: frame, ranges: [{ at: 0, length }], format })).rejects.toThrow(ImageError);
  }
});

test.each(named(cases))('%s under a header of other sizes is refused', async (_, { frame, format }) => {
  const source = { bytes: frame, ranges: [{ at: 0, length: frame.length }] };
  for (const more of [{ rows: format.rows + 1 }, { columns: format.columns - 1 }, { samplesPerPixel: 4 - format.samplesPerPixel }])
    await expect(decodeFrame({ ...source, format: { ...format, ...more } })).rejects.toThrow(ImageError);
}); // prettier-ignore
