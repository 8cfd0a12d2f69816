import { unsupported } from '../../../image-error';
import type { NumericArray } from '../../../volume';
import { checkCodestream, damaged, storedValues, truncated, type CodestreamHeader } from './codestream';
import type { PixelFormat } from './frame';
import { codingOf, isLossless } from './transfer-syntaxes';
import { WasmCodec } from './wasm-codec';
import { say } from '../../../../sentence';

const openJpeg = new WasmCodec('@cornerstonejs/codec-openjpeg/decodewasmjs', 'J2KDecoder');
const openJph = new WasmCodec('@cornerstonejs/codec-openjph/wasmjs', 'HTJ2KDecoder');

const [SOC, SIZ, SOT, EOC] = [0xff4f, 0xff51, 0xff90, 0xffd9];
const JP2_SIGNATURE = 0x6a502020;
const CODESTREAM_BOX = 0x6a703263;

/** A frame in JPEG 2000 or HTJ2K, up to 16 bits; YBR_RCT and YBR_ICT become RGB. @throws ImageError */
export async function decodeJpeg2000(frame: Uint8Array, format: PixelFormat): Promise<NumericArray> {
  const codestream = codestreamOf(frame);
  const stream = j2kStructure(codestream);
  checkCodestream(stream, format);
  const { precision, signed, precisionAt } = stream;
  // Both programs cut negative values of 8 bits to 0. The sign of a codestream only says whether half of the range is added at the end
  // (T.800 annex G.1): as unsigned ones all values come out, higher by that half.
  const unsigned = signed ? codestream.slice() : codestream;
  if (signed) for (const at of precisionAt) unsigned[at] &= 0x7f;
  // Lossy HTJ2K goes the way of lossy JPEG 2000: OpenJPH's 9/7 filter differs from OpenJPEG's, which most readers use, by 2 of 65536.
  const isHtj2k = codingOf(format.transferSyntax) === 'htj2k' && isLossless(format.transferSyntax);
  const words = await (isHtj2k ? openJph : openJpeg).decode(unsigned, precision);
  if (signed) for (let i = 0, half = 1 << (precision - 1); i < words.length; i++) words[i] ^= half;
  return storedValues(words, precision, format);
}

/** The codestream, out of the boxes of a JP2 file where it stands in some; DICOM wants none (PS3.5 A.4.4). */
function codestreamOf(bytes: Uint8Array): Uint8Array {
  const view = viewOf(bytes);
  if (bytes.length < 12 || view.getUint32(4) !== JP2_SIGNATURE) return bytes;
  for (let at = 0; at + 8 <= bytes.length;) {
    const length = view.getUint32(at);
    const isLong = length === 1;
    const begin = at + (isLong ? 16 : 8);
    if (view.getUint32(at + 4) === CODESTREAM_BOX) return bytes.subarray(begin, length < 8 ? undefined : at + length);
    if (length < 8) break;
    at += length;
  }
  throw damaged(say`its JP2 boxes hold no codestream`);
}

interface J2kStructure extends CodestreamHeader {
  signed: boolean;
  /** Of the byte that holds sign and precision of each component. */
  precisionAt: number[];
}

/** The image size, after a look at all tile-parts (ITU-T T.800 annex A): decoders make up what is missing. @throws ImageError when tiles end early */
function j2kStructure(bytes: Uint8Array): J2kStructure {
  const view = viewOf(bytes);
  if (bytes.length < 49 || view.getUint16(0) !== SOC || view.getUint16(2) !== SIZ)
    throw damaged(say`it does not begin as JPEG 2000`);
  const u32 = (at: number) => view.getUint32(at);
  const [columns, rows] = [u32(8) - u32(16), u32(12) - u32(20)];
  const components = view.getUint16(40);
  if (!(components >= 1 && 42 + 3 * components <= bytes.length)) throw goesOn(bytes.length);
  const precisionAt = Array.from({ length: components }, (_, index) => 42 + 3 * index);
  const first = bytes[42];
  if (precisionAt.some((at) => bytes[at] !== first || bytes[at + 1] !== 1 || bytes[at + 2] !== 1))
    throw unsupported(say`its JPEG 2000 components differ in precision, sign or resolution`);
  const [tileWidth, tileHeight] = [u32(24), u32(28)];
  if (tileWidth === 0 || tileHeight === 0) throw damaged(say`its tiles have no size`);
  const tiles = Math.ceil((u32(8) - u32(32)) / tileWidth) * Math.ceil((u32(12) - u32(36)) / tileHeight);
  checkTiles(bytes, view, tiles);
  return { rows, columns, components, precision: (first & 0x7f) + 1, signed: first >= 0x80, precisionAt };
}

function checkTiles(bytes: Uint8Array, view: DataView, tiles: number): void {
  const parts = new Map<number, { there: number; wanted: number }>();
  let at = firstTile(bytes, view);
  while (at + 12 <= bytes.length && view.getUint16(at) === SOT) {
    const tile = view.getUint16(at + 4);
    // The last tile-part may leave its length open: it reaches to the end marker.
    const length = view.getUint32(at + 6) || endMarker(bytes) - at;
    if (length < 14 || at + length > bytes.length) throw goesOn(bytes.length);
    const { there = 0, wanted = 0 } = parts.get(tile) ?? {};
    parts.set(tile, { there: there + 1, wanted: Math.max(wanted, bytes[at + 11]) });
    at += length;
  }
  const full = [...parts.values()].filter(({ there, wanted }) => there >= wanted).length;
  if (full !== tiles || parts.size !== tiles)
    throw truncated(say`${full} of ${tiles} tiles of the compressed frame are there`);
}

function firstTile(bytes: Uint8Array, view: DataView): number {
  let at = 2;
  while (at + 4 <= bytes.length && view.getUint16(at) !== SOT) {
    if (bytes[at] !== 0xff) throw damaged(say`there is no marker at byte ${at}`);
    at += 2 + view.getUint16(at + 2);
  }
  return at;
}

function endMarker(bytes: Uint8Array): number {
  // A byte that makes the length even may follow.
  for (const end of [bytes.length - 2, bytes.length - 3])
    if (end > 0 && ((bytes[end] << 8) | bytes[end + 1]) === EOC) return end;
  throw goesOn(bytes.length);
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const goesOn = (length: number) => truncated(say`the compressed frame has ${length} bytes and goes on`);
