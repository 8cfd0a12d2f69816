import { readHead } from '../../imaging/formats/file-head';
import { formatOf } from '../../imaging/formats/sniff';
import type { Json, Sample } from '../../transforms/sample';
import type { AiaaWriterArgs } from '../../transforms/writers';
import { rowsFirst } from './input-grid';
import { writePngFile } from './png-file';
import { keysOf, requestedFormat, smallestDtype, volumeFormat } from './result-format';
import type { WriterTarget, Written } from './target';
import { writeVolumeFile } from './volume-file';

/**
 * AIAA 4.x's `Writer(image, json)`: the field `image` as a file, the field `json` as the JSON answer.
 *
 * The file has the extension the request asks for; else `.png` for a PNG or JPEG, `.nii.gz` for anything else. Label maps become the
 * smallest unsigned type that holds them, other images float32, unless the request names a type.
 */
export async function aiaaWriter(sample: Sample, args: AiaaWriterArgs, target: WriterTarget): Promise<Written> {
  const { extension, dtype: wanted, compress } = requestedFormat(target.params, keysOf(args));
  const volume = rowsFirst(sample.volume(args.image), sample);
  const dtype = wanted ?? smallestDtype(volume.data);
  const { file } =
    extension === '.png' || (!extension && (await isPicture(target.image)))
      ? await writePngFile(volume, target, { bits: dtype === 'uint8' ? 8 : 16 })
      : await writeVolumeFile(volume, sample, target, { dtype, format: volumeFormat(extension, compress) });
  return { file, json: jsonOf(sample, args.json) };
}

async function isPicture({ path, name }: { path: string; name: string }): Promise<boolean> {
  const format = formatOf(await readHead(path, name));
  return format === 'png' || format === 'jpeg';
}

function jsonOf(sample: Sample, field: string | null): Record<string, Json> {
  const value = field === null ? undefined : sample.values.get(field);
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, Json>) : {};
}
