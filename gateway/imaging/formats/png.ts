import { encode } from 'fast-png';
import { unsupported } from '../image-error';
import { copyStrided } from '../ops/copy/blocks';
import { channelCount, spatialAxes, type Volume } from '../volume';
import { castInto } from './value-types';
import { say } from '../../sentence';

/**
 * A 2-D image with 1 or 3 channels as PNG of 8 or 16 bits: X gives rows, Y columns; fractions are cut off towards zero, nothing is scaled.
 * @throws ImageError for other images; ValueRangeError for a value beyond the bits
 */
export function encodePng(volume: Volume, depth: 8 | 16 = 8): Buffer {
  const [rows, columns, slices] = spatialAxes(volume);
  const channels = channelCount(volume);
  if ((slices !== undefined && volume.shape[slices] !== 1) || (channels !== 1 && channels !== 3)) {
    const shape = [...volume.axes].map((axis, d) => `${axis}=${volume.shape[d]}`).join(' ');
    throw unsupported(say`an image of shape ${shape} cannot be written as PNG: one slice, 1 or 3 channels`);
  }
  const [height, width] = [volume.shape[rows], volume.shape[columns]];
  const channel = volume.axes.indexOf('C');
  const strides = [channel < 0 ? 1 : volume.strides[channel], volume.strides[columns], volume.strides[rows]];
  const samples = copyStrided(volume.data, 0, [channels, width, height], strides);
  const data = depth === 8 ? new Uint8Array(samples.length) : new Uint16Array(samples.length);
  castInto(data, samples);
  return Buffer.from(encode({ width, height, data, depth, channels }, { zlib: { level: 3 } }));
}
