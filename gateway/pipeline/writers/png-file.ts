import { encodePng } from '../../imaging/formats/png';
import type { Volume } from '../../imaging/volume';
import type { WriterTarget } from './target';

interface PngFileOptions {
  /** Bits per sample. */
  bits: 8 | 16;
  /** Stretches 0..1 to 0..scale and picks the bits that hold it; what lies outside is clipped first, as in MONAI's PNG writers. */
  scale?: 255 | 65535;
}

/** Writes a 2-D image as PNG, fractions cut off. @throws ImageError when it has three dimensions, ValueRangeError for a value beyond the bits */
export async function writePngFile(volume: Volume, target: WriterTarget, { bits, scale }: PngFileOptions) {
  if (!scale) return target.save(await encodePng(volume, bits), '.png', 'image/png');
  const stretch = (value: number) => Math.min(Math.max(value, 0), 1) * scale;
  const stretched = { ...volume, data: Float64Array.from(volume.data, stretch) };
  return target.save(await encodePng(stretched, scale === 255 ? 8 : 16), '.png', 'image/png');
}
