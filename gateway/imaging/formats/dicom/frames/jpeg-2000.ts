import type { NumericArray } from '../../../volume';
import { checkCodestream, storedValues } from './codestream';
import type { PixelFormat } from './frame';
import { codestreamOf, j2kStructure } from './j2k-markers';
import { WasmCodec, type WasmDecoder } from './wasm-codec';

interface OpenJpeg {
  HEAPU8: Uint8Array;
  J2KDecoder: new () => WasmDecoder;
}

interface OpenJph {
  HEAPU8: Uint8Array;
  HTJ2KDecoder: new () => WasmDecoder;
}

const openJpeg = new WasmCodec<OpenJpeg>('@cornerstonejs/codec-openjpeg/decodewasmjs');
const openJph = new WasmCodec<OpenJph>('@cornerstonejs/codec-openjph/wasmjs');

/**
 * A frame in JPEG 2000 or HTJ2K, up to 16 bits. A component transform of the codestream is undone, so that YBR_RCT
 * and YBR_ICT become RGB.
 *
 * @throws ImageError
 */
export async function decodeJpeg2000(
  frame: Uint8Array,
  format: PixelFormat,
  { highThroughput, lossless }: { highThroughput: boolean; lossless: boolean },
): Promise<NumericArray> {
  const codestream = codestreamOf(frame);
  const stream = j2kStructure(codestream);
  checkCodestream(stream, format);
  const { precision, signed, precisionAt } = stream;
  // Both programs cut negative values of 8 bits to 0. The sign of a codestream only says whether half of the range is added at the end
  // (T.800 annex G.1): as unsigned ones all values come out, higher by that half.
  const unsigned = signed ? codestream.slice() : codestream;
  if (signed) for (const at of precisionAt) unsigned[at] &= 0x7f;
  // Lossy HTJ2K goes the way of lossy JPEG 2000: OpenJPH's 9/7 filter differs from OpenJPEG's, which most readers use, by 2 of 65536.
  const words = await (highThroughput && lossless
    ? openJph.decode(unsigned, ({ HTJ2KDecoder }) => new HTJ2KDecoder(), (decoder) => wordsOf(decoder, precision))
    : openJpeg.decode(unsigned, ({ J2KDecoder }) => new J2KDecoder(), (decoder) => wordsOf(decoder, precision))); // prettier-ignore
  if (signed) for (let i = 0, half = 1 << (precision - 1); i < words.length; i++) words[i] ^= half;
  return storedValues(words, precision, format, lossless);
}

function wordsOf(decoder: WasmDecoder, precision: number): Uint8Array | Uint16Array {
  const copy = decoder.getDecodedBuffer().slice();
  return precision > 8 ? new Uint16Array(copy.buffer, 0, copy.length >> 1) : copy;
}
