import type { Sample } from '../../transforms/sample';
import type { WritePngArgs } from '../../transforms/writers';
import { writePngFile } from './png-file';
import { requestedFormat, volumeFormat } from './result-format';
import type { WriterTarget } from './target';
import { writeVolumeFile } from './volume-file';

/** Clara's `WritePng`: fractions cut off, not stretched, unless the config sets `scale` (`transforms.md` §9 A8). */
export async function writePng(sample: Sample, args: WritePngArgs, target: WriterTarget) {
  const { extension, dtype = args.dtype, compress } = requestedFormat(target.params);
  const volume = sample.volume(args.field);
  if (extension && extension !== '.png') {
    const written = dtype === 'uint16' ? 'uint16' : 'uint8';
    return writeVolumeFile(volume, sample, target, { dtype: written, format: volumeFormat(extension, compress) });
  }
  return writePngFile(volume, target, { bits: dtype === 'uint16' ? 16 : 8, scale: args.scale ?? undefined });
}
