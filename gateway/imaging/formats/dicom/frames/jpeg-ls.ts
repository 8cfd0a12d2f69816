import type { NumericArray } from '../../../volume';
import { checkCodestream, storedValues } from './codestream';
import { interleaved } from './colour';
import type { PixelFormat } from './frame';
import { damaged, jpegStructure } from './jpeg-markers';
import { WasmCodec, type WasmDecoder } from './wasm-codec';

interface Charls {
  HEAPU8: Uint8Array;
  JpegLSDecoder: new () => WasmDecoder & { getInterleaveMode(): number };
}

const codec = new WasmCodec<Charls>('@cornerstonejs/codec-charls/decodewasmjs');
const JPEG_LS = 0xf7;
/** Each component has a scan of its own. */
const NOT_INTERLEAVED = 0;

/** A frame in JPEG-LS, lossless or near-lossless; 2 to 16 bits. @throws ImageError */
export async function decodeJpegLs(bytes: Uint8Array, format: PixelFormat, lossless: boolean): Promise<NumericArray> {
  const stream = jpegStructure(bytes);
  if (stream.process !== JPEG_LS) throw damaged(`it is JPEG of process SOF${stream.process & 15}, not JPEG-LS`);
  checkCodestream(stream, format);
  const words = await codec.decode(bytes, ({ JpegLSDecoder }) => new JpegLSDecoder(), (decoder) => {
    const planar = stream.components > 1 && decoder.getInterleaveMode() === NOT_INTERLEAVED;
    const copy = decoder.getDecodedBuffer().slice();
    const samples = stream.precision > 8 ? new Uint16Array(copy.buffer) : copy;
    return planar ? interleaved(samples) : samples;
  }); // prettier-ignore
  return storedValues(words, stream.precision, format, lossless);
}
