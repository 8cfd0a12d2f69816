import { ImageError } from '../../imaging/image-error';
import { spacingOf } from '../../imaging/geometry';
import { say } from '../../sentence';
import * as arg from '../arguments';
import { monai } from '../definition';
import { isSamePlace, loadFile, type NamedVolume } from '../load/load-file';
import { reoriented } from '../load/loaders';
import type { Sample, SampleFile } from '../sample';

monai({
  name: 'NnunetLoadd',
  kind: 'load',
  summary:
    'Reads the request’s image as nnU-Net does: a file, its last axis the channels where it has four, or a file for each channel, all of one shape and spacing. NaN and infinity are refused unless `params.nan` says otherwise.',
  source: 'nnU-Net 2.8 SimpleITKIO, NibabelIO and their WithReorient forms',
  args: arg.onKeys({ as_closest_canonical: arg.off }),
  async apply(sample, { keys, as_closest_canonical: canonical, allow_missing_keys: mayMiss }, { niftiUnits }) {
    for (const key of keys) {
      const files = sample.files.get(key) ?? [];
      if (mayMiss && files.length === 0) continue;
      checkNumbers(files);
      const each = canonical ? reoriented : undefined;
      const checkPlaces = (first: NamedVolume, other: NamedVolume) => compare(first, other, sample);
      sample.volumes.set(key, await loadFile(sample, key, { niftiUnits, notFinite: 'refuse', each, checkPlaces }));
    }
  },
});

/** `case_0001.nii.gz` is channel 1 to nnU-Net. @throws ImageError for files whose names say another order than they were sent in */
function checkNumbers(files: readonly SampleFile[]): void {
  const numbers = files.map(({ name }) => Number(/_(\d{4})\.[^/]*$/.exec(name)?.[1] ?? NaN));
  const fall = numbers.findIndex((number, at) => number < numbers[at - 1]);
  if (fall < 0 || numbers.some(Number.isNaN)) return;
  const [before, after] = [files[fall - 1].name, files[fall].name];
  throw new ImageError('unreadable', say`"${before}" came as channel ${fall - 1} and "${after}" as channel ${fall}, against the numbers in their names; send files in the order of the channels, or under other names`);
} // prettier-ignore

/** NumPy's `allclose`, which nnU-Net compares with. */
const isClose = (a: number, b: number) => Math.abs(a - b) <= 1e-8 + 1e-5 * Math.abs(b);

/** Spacings must be equal, places need not be. @throws ImageError naming both spacings */
function compare(first: NamedVolume, other: NamedVolume, sample: Sample): void {
  const spacings = [first, other].map(({ volume: { affine } }) => (affine ? spacingOf(affine) : []));
  const [a, b] = spacings.map((spacing) => spacing.map((mm) => Number(mm.toPrecision(6))).join(' × ') || 'no spacing');
  if (spacings[0].length !== spacings[1].length || spacings[0].some((mm, d) => !isClose(mm, spacings[1][d])))
    throw new ImageError('unreadable', say`"${first.name}" has voxels of ${a} mm and "${other.name}" of ${b} mm; files that are channels of one image have one spacing`);
  if (!isSamePlace(first.volume, other.volume))
    sample.warn(say`"${other.name}" does not lie where "${first.name}" does (origin or directions differ); as nnU-Net does, voxels of the same indices were taken together, and the mask lies where "${first.name}" does.`);
} // prettier-ignore
