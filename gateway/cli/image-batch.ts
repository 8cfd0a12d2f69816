import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UsageError } from '../flags';

/** Suffixes of files that are one image each; a folder of others is a DICOM series. */
const IMAGE = /\.(nii|nii\.gz|nrrd|mha|png)$/i;

/** One image of several, and the file that its mask goes to. */
export interface BatchItem {
  /** A file, or a folder with one DICOM series. */
  image: string;
  output: string;
}

/**
 * The images that one operand stands for: those that a pattern such as `ct/*.nii.gz` names, or those in a folder, each file or each folder with a series.
 * @param output folder for the masks, each of which is called as its image; made when it is not there
 * @param extension of the masks, such as `.nii.gz`
 * @returns undefined for one image, and for a folder with the files of one series
 * @throws UsageError when a pattern names nothing, two masks would have one name, or no folder is given
 */
export function batchOf(operand: string, output: string | undefined, extension: string): BatchItem[] | undefined {
  const images = imagesOf(operand);
  if (!images) return undefined;
  if (output === undefined)
    throw new UsageError(`${operand} stands for ${images.length} images: --output names the folder for their masks`);
  if (existsSync(output) ? !statSync(output).isDirectory() : /\.\w+$/.test(basename(output)))
    throw new UsageError(
      `${operand} stands for ${images.length} images: --output ${output} is no folder for their masks`,
    );
  mkdirSync(output, { recursive: true });
  const items = images.map((image) => ({
    image,
    output: join(output, `${basename(image).replace(IMAGE, '')}${extension}`),
  }));
  const seen = new Map<string, string>();
  for (const { image, output: mask } of items) {
    const other = seen.get(mask);
    if (other)
      throw new UsageError(`the masks of ${other} and ${image} would both be ${mask}: run them into two folders`);
    seen.set(mask, image);
  }
  return items;
}

function imagesOf(operand: string): string[] | undefined {
  if (/[*?]/.test(operand) && !existsSync(operand)) return matching(operand);
  if (!statSync(operand, { throwIfNoEntry: false })?.isDirectory()) return undefined;
  const entries = readdirSync(operand, { withFileTypes: true }).filter(({ name }) => !name.startsWith('.'));
  const files = entries.filter((entry) => entry.isFile());
  const folders = entries.filter((entry) => entry.isDirectory());
  // A series may have a file or two beside it, and none of its slices has such a suffix.
  if (files.length > 0 && !files.every(({ name }) => IMAGE.test(name))) return undefined;
  const images = [...files, ...folders].map(({ name }) => join(operand, name)).sort();
  return images.length > 0 ? images : undefined;
}

/** Files and folders by a pattern in their last name: `*` is any letters, `?` is one. */
function matching(pattern: string): string[] {
  const [folder, last] = [dirname(pattern), basename(pattern)];
  const escaped = last
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const found = names.filter((name) => !name.startsWith('.') && new RegExp(`^${escaped}$`).test(name));
  if (found.length === 0) throw new UsageError(`${pattern} names no file`);
  return found.sort().map((name) => join(folder, name));
}
