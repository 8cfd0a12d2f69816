import { damaged, truncated, type CodestreamHeader } from './codestream';
import { say } from '../../../../sentence';

export interface Segment {
  marker: number;
  /** Of the segment's parameters, after their length. */
  at: number;
  end: number;
}

/** SOF of all processes: 0xC0 to 0xCF without DHT, JPG and DAC; 0xF7 is JPEG-LS. */
const isFrameHeader = (marker: number) =>
  (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) || marker === 0xf7;
const [SOI, EOI, SOS] = [0xd8, 0xd9, 0xda];

/** The structure of a JPEG or JPEG-LS codestream: its segments and where its entropy-coded parts lie. */
export interface JpegStructure extends CodestreamHeader {
  /** The SOF marker's second byte: 0xC3 is lossless, 0xF7 JPEG-LS. */
  process: number;
  ids: number[];
  segments: Segment[];
}

/** All segments up to the end marker (ITU-T T.81 annex B, T.87 annex C), since decoders make up what is missing. @throws ImageError for an early end */
export function jpegStructure(bytes: Uint8Array): JpegStructure {
  if (bytes[0] !== 0xff || bytes[1] !== SOI) throw damaged(say`it does not begin with a JPEG marker`);
  const segments: Segment[] = [];
  let isLs = false;
  for (let at = 2; ; ) {
    while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at++;
    if (at + 2 > bytes.length) throw noEnd(bytes.length);
    if (bytes[at] !== 0xff) throw damaged(say`there is no marker at byte ${at}`);
    const marker = bytes[at + 1];
    if (marker === EOI) break;
    const end = at + 2 + ((bytes[at + 2] << 8) | bytes[at + 3]);
    if (!(end <= bytes.length)) throw noEnd(bytes.length);
    segments.push({ marker, at: at + 4, end });
    isLs ||= marker === 0xf7;
    at = marker === SOS ? endOfScan(bytes, end, isLs) : end;
  }
  const frame = segments.find(({ marker }) => isFrameHeader(marker));
  if (!frame) throw damaged(say`it has no frame header`);
  if (!segments.some(({ marker }) => marker === SOS)) throw noEnd(bytes.length);
  const u16 = (at: number) => (bytes[at] << 8) | bytes[at + 1];
  const components = bytes[frame.at + 5];
  if (frame.end - frame.at < 6 + 3 * components) throw damaged(say`its frame header is too short`);
  const ids = Array.from({ length: components }, (_, index) => bytes[frame.at + 6 + 3 * index]);
  return {
    process: frame.marker, segments, ids, components, precision: bytes[frame.at], rows: u16(frame.at + 1), columns: u16(frame.at + 3),
  };
} // prettier-ignore

/** The next marker after entropy-coded data: not a stuffed byte, not a restart. JPEG-LS stuffs a bit, so that any byte below 0x80 may follow. */
function endOfScan(bytes: Uint8Array, from: number, isLs: boolean): number {
  for (let at = from; ; at++) {
    at = bytes.indexOf(0xff, at);
    if (at < 0 || at + 1 >= bytes.length) throw noEnd(bytes.length);
    const next = bytes[at + 1];
    if (next === 0xff) continue;
    const isData = isLs ? next < 0x80 : next === 0 || (next >= 0xd0 && next <= 0xd7);
    if (!isData) return at;
  }
}

const noEnd = (length: number) => truncated(say`the compressed frame has ${length} bytes and no end marker`);
