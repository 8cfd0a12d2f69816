import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { ImageError } from '../image-error';
import { channelCount, spatialAxes } from '../volume';
import type { Volume } from '../volume';
import { castInto } from './cast';
import { copyStrided } from '../ops/copy/blocks';

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

/**
 * A 2-D image with 1 or 3 channels as PNG: axis X gives the rows, axis Y the columns (as PNG files are decoded), 8 or 16 bits per sample.
 * Fractions are cut off towards zero, nothing is scaled. A third axis of length 1 is ignored.
 *
 * @throws ImageError for a 3-D image, and for 2 or more than 3 channels; ValueRangeError for a value beyond the bits
 * @see PNG (Portable Network Graphics) Specification, third edition, W3C
 */
export async function encodePng(volume: Volume, bits: 8 | 16 = 8): Promise<Buffer> {
  const [rows, columns, slices] = spatialAxes(volume);
  const channels = channelCount(volume);
  if ((slices !== undefined && volume.shape[slices] !== 1) || (channels !== 1 && channels !== 3)) {
    const shape = [...volume.axes].map((axis, d) => `${axis}=${volume.shape[d]}`).join(' ');
    throw new ImageError(
      'unsupported',
      `an image of shape ${shape} cannot be written as PNG: one slice, 1 or 3 channels`,
    );
  }
  const [height, width] = [volume.shape[rows], volume.shape[columns]];
  const channel = volume.axes.indexOf('C');
  const samples = copyStrided(
    volume.data,
    0,
    [channels, width, height],
    [channel < 0 ? 1 : volume.strides[channel], volume.strides[columns], volume.strides[rows]],
  );
  const pixels = bits === 8 ? new Uint8Array(samples.length) : new Uint16Array(samples.length);
  castInto(pixels, samples);

  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([bits, channels === 3 ? 2 : 0], 8);
  const data = await promisify(deflate)(filteredRows(pixels, height), { level: 3 });
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

/** Each row behind one byte that names its filter: none (0). Samples of 16 bits are big endian. */
function filteredRows(pixels: Uint8Array | Uint16Array, height: number): Buffer {
  const bytes = Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength);
  if (pixels.BYTES_PER_ELEMENT === 2) bytes.swap16();
  const length = bytes.length / height;
  const rows = Buffer.alloc((length + 1) * height);
  for (let row = 0; row < height; row++) bytes.copy(rows, row * (length + 1) + 1, row * length, (row + 1) * length);
  return rows;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(body.length + 8);
  frame.writeUInt32BE(data.length, 0);
  body.copy(frame, 4);
  frame.writeUInt32BE(crc32(body), body.length + 4);
  return frame;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ byte) & 0xff];
  return (crc ^ 0xffffffff) >>> 0;
}
