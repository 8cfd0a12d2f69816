import { decodeFrame } from '../../../../../gateway/imaging/formats/dicom/frames/decode-frame';
import { layoutOf } from '../../../../../gateway/imaging/formats/dicom/frames/frame';
import { ImageError } from '../../../../../gateway/imaging/image-error';
import { goldenFrames } from './golden-frames';
import { randomOf } from '../../../../random';

/** `MUTATED_FRAMES=5000` for the long form. */
const MUTATED = Number(process.env.MUTATED_FRAMES ?? 200);
const SEED = Number(process.env.MUTATED_SEED ?? 14);

/** Some bytes changed, or a part cut out, doubled or filled. */
function damage(frame: Uint8Array, next: () => number): Uint8Array {
  const place = () => Math.floor(next() * frame.length);
  const [a, b] = [place(), place()].sort((x, y) => x - y);
  const copy = frame.slice();
  switch (Math.floor(next() * 4)) {
    case 0:
      for (let count = 1 + Math.floor(next() * 4); count > 0; count--) copy[place()] = Math.floor(next() * 256);
      return copy;
    case 1:
      return Buffer.concat([copy.subarray(0, a), copy.subarray(b)]);
    case 2:
      return Buffer.concat([copy.subarray(0, b), copy.subarray(a)]);
    default:
      return copy.fill(next() < 0.5 ? 0 : 255, a, Math.min(b, a + 4));
  }
}

test(`${MUTATED} damaged frames are decoded to their size or refused with a sentence`, async () => {
  const frames = goldenFrames();
  const seen = { decoded: 0, refused: 0 };
  for (let number = 0; number < MUTATED; number++) {
    const { format, frame, name } = frames[number % frames.length];
    const bytes = damage(frame, randomOf(SEED + number));
    try {
      const { values } = await decodeFrame({ bytes, ranges: [{ at: 0, length: bytes.length }], format });
      expect(values).toHaveLength(layoutOf(format).length);
      seen.decoded++;
    } catch (error) {
      if (!(error instanceof ImageError)) throw new Error(`${name}, number ${number}`, { cause: error });
      seen.refused++;
    }
  }
  expect(seen.refused).toBeGreaterThan(MUTATED / 3);
});
