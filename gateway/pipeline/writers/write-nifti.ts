import type { Sample } from '../../transforms/sample';
import { writtenDtypes } from '../../transforms/writers';
import type { WriteNiftiArgs } from '../../transforms/writers';
import { writePngFile } from './png-file';
import { requestedFormat, volumeFormat } from './result-format';
import type { WriterTarget } from './target';
import { writeVolumeFile } from './volume-file';

/** Clara's `WriteNifti`; the request's `result_*` params override the config. */
export async function writeNifti(sample: Sample, args: WriteNiftiArgs, target: WriterTarget) {
  const { extension, dtype, compress } = requestedFormat(target.params);
  const volume = sample.volume(args.field);
  if (extension === '.png') return writePngFile(volume, target, { bits: dtype === 'uint16' ? 16 : 8 });
  return writeVolumeFile(volume, sample, target, {
    dtype: dtype ?? writtenDtypes[args.dtype],
    format: volumeFormat(extension, compress, args.compressed),
    args,
  });
}
