import { unsupported } from '../../../image-error';
import type { NumericArray } from '../../../volume';
import { damaged, keepStoredBits, truncated } from './codestream';
import { storedArray, type PixelFormat } from './frame';
import { say } from '../../../../sentence';

const HEADER_BYTES = 64;
/** Segments are brought to an even length. */
const MOST_PADDING = 1;

/** Decodes RLE Lossless (PS3.5 annex G): a segment per byte of a sample, highest first, by components. @throws ImageError for wrong lengths */
export function decodeRle(bytes: Uint8Array, format: PixelFormat): NumericArray {
  const { rows, columns, samplesPerPixel, bitsAllocated } = format;
  const width = bitsAllocated / 8;
  if (!Number.isInteger(width) || width > 4) throw unsupported(say`its RLE pixels have ${bitsAllocated} bits`);
  const segments = segmentsOf(bytes, samplesPerPixel * width);
  // Two bytes make 128 at most.
  if (bytes.length * 64 < rows * columns * samplesPerPixel * width)
    throw damaged(say`${bytes.length} bytes of RLE cannot hold ${rows} × ${columns} × ${samplesPerPixel} samples`);
  const values = new (storedArray(format))(rows * columns * samplesPerPixel);
  const raw = new Uint8Array(values.buffer);
  segments.forEach((segment, index) => {
    const [sample, fromHigh] = [Math.floor(index / width), index % width];
    unpack(segment, raw, sample * width + (width - 1 - fromHigh), samplesPerPixel * width, index + 1);
  });
  keepStoredBits(values, format);
  return values;
}

function segmentsOf(bytes: Uint8Array, wanted: number): Uint8Array[] {
  if (bytes.length < HEADER_BYTES) throw damaged(say`an RLE frame of ${bytes.length} bytes has no header`);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const count = view.getUint32(0, true);
  if (count !== wanted) throw damaged(say`it has ${count} RLE segments; ${wanted} were expected`);
  const starts = Array.from({ length: count }, (_, index) => view.getUint32(4 + 4 * index, true));
  return starts.map((start, index) => {
    const end = starts[index + 1] ?? bytes.length;
    if (start < HEADER_BYTES || start > end || end > bytes.length)
      throw damaged(say`RLE segment ${index + 1} reaches from byte ${start} to ${end} of ${bytes.length}`);
    return bytes.subarray(start, end);
  });
}

/** Writes the bytes of a segment to every `step`-th place of `raw` from `at` on. */
function unpack(segment: Uint8Array, raw: Uint8Array, at: number, step: number, number: number): void {
  let to = at;
  let from = 0;
  while (to < raw.length) {
    if (from + 1 >= segment.length) throw short(number, (to - at) / step, raw.length / step);
    const code = segment[from++];
    if (code === 128) continue;
    const isRun = code > 128;
    const count = isRun ? 257 - code : code + 1;
    if (!isRun && from + count > segment.length) throw short(number, (to - at) / step, raw.length / step);
    if (to + (count - 1) * step >= raw.length)
      throw damaged(say`RLE segment ${number} has more than ${raw.length / step} pixels`);
    for (let i = 0; i < count; i++, to += step) raw[to] = isRun ? segment[from] : segment[from + i];
    from += isRun ? 1 : count;
  }
  const rest = segment.subarray(from);
  if (rest.length > MOST_PADDING && rest.some((code) => code !== 128))
    throw damaged(say`RLE segment ${number} has more than ${raw.length / step} pixels`);
}

const short = (number: number, there: number, wanted: number) =>
  truncated(say`RLE segment ${number} ends after ${there} of ${wanted} pixels`);
