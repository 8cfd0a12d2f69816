import { unsupported } from '../../../image-error';
import type { NumericArray } from '../../../volume';
import { checkCodestream, damaged, storedValues } from './codestream';
import { interleaved } from './colour';
import type { PixelFormat } from './frame';
import { decode12Bits } from './jpeg-12-bit';
import { jpegStructure, type JpegStructure } from './jpeg-markers';
import { transferSyntaxName } from './transfer-syntaxes';
import { WasmCodec } from './wasm-codec';
import { say } from '../../../../sentence';

/** libjpeg-turbo; warnings of it, such as data that ends early, are errors of this build. */
const libjpeg = new WasmCodec('@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs', 'JPEGDecoder');
const charls = new WasmCodec('@cornerstonejs/codec-charls/decodewasmjs', 'JpegLSDecoder');

const [APP0, APP14] = [0xe0, 0xee];
/** Baseline and extended sequential, then also progressive, with Huffman codes; and JPEG-LS. */
const [SOF0, SOF1, SOF2, JPEG_LS] = [0xc0, 0xc1, 0xc2, 0xf7];
/** Each component of JPEG-LS has a scan of its own. */
const NOT_INTERLEAVED = 0;

/** A frame in lossy JPEG: 8 bits, where colours become RGB, or 12 bits in grey. @throws ImageError also for progressive JPEG of 12 bits */
export async function decodeJpeg(bytes: Uint8Array, format: PixelFormat): Promise<NumericArray> {
  const stream = jpegStructure(bytes);
  const { process, precision, components } = stream;
  const isSequential = process === SOF0 || process === SOF1;
  if (!((precision === 8 && (isSequential || process === SOF2)) || (precision === 12 && isSequential))) {
    const what = say`JPEG of process SOF${process & 15} with ${precision} bits`;
    const are = say`8 bits of SOF0 to SOF2 and 12 bits of SOF1 are read`;
    throw unsupported(say`${transferSyntaxName(format.transferSyntax)} holds ${what}; ${are}`);
  }
  checkCodestream(stream, format);
  if (precision === 12) return storedValues(decode12Bits(bytes, stream), precision, format);
  const told = components === 3 ? withColourMarker(bytes, stream, format) : bytes;
  return storedValues(await libjpeg.decode(told, precision), precision, format);
}

/** Decoders take 3 components for YCbCr unless ids or an Adobe marker (ITU-T T.872, 6.5.3; JFIF wins over it) tell what the header knows. */
function withColourMarker(bytes: Uint8Array, { segments, ids }: JpegStructure, format: PixelFormat): Uint8Array {
  const has = (wanted: number, name: string) =>
    segments.some(({ marker, at }) => marker === wanted && latin1(bytes.subarray(at, at + name.length)) === name);
  if (has(APP0, 'JFIF') || has(APP14, 'Adobe') || latin1(ids) === 'RGB') return bytes;
  const transform = format.photometricInterpretation === 'RGB' ? 0 : 1;
  const adobe = [0xff, APP14, 0, 14, ...Buffer.from('Adobe'), 0, 100, 0, 0, 0, 0, transform];
  return Buffer.concat([bytes.subarray(0, 2), Uint8Array.from(adobe), bytes.subarray(2)]);
}

const latin1 = (bytes: Iterable<number>) => String.fromCharCode(...bytes);

/** A frame in JPEG-LS, lossless or near-lossless; 2 to 16 bits. @throws ImageError */
export async function decodeJpegLs(bytes: Uint8Array, format: PixelFormat): Promise<NumericArray> {
  const stream = jpegStructure(bytes);
  const { process, precision, components } = stream;
  if (process !== JPEG_LS) throw damaged(say`it is JPEG of process SOF${process & 15}, not JPEG-LS`);
  checkCodestream(stream, format);
  let isPlanar = false;
  const words = await charls.decode(bytes, precision, (decoder) => {
    isPlanar = components > 1 && decoder.getInterleaveMode() === NOT_INTERLEAVED;
  });
  return storedValues(isPlanar ? interleaved(words) : words, precision, format);
}
