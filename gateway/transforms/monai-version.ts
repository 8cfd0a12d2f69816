/** A version of MONAI as three numbers with dots, for example "1.5.2". */
export type MonaiVersion = `${number}.${number}.${number}`;

/** MONAI of AIAA 4.1: configs of AIAA name no version. */
export const AIAA_MONAI: MonaiVersion = '0.8.1';

/** MONAI of a bundle whose metadata name no version. */
export const NEWEST_MONAI: MonaiVersion = '1.6.1';

interface Change {
  /** First version that has it. */
  since: MonaiVersion;
  /** First version that no longer has it. */
  until?: MonaiVersion;
  /** The name in a config. */
  subject: string;
  /** The behaviour of versions without it. */
  without: string;
  /** The behaviour of versions that have it. */
  with: string;
}

/** Where versions of MONAI (0.8.1 to 1.6.1 were run) answer differently. The reference page on transforms shows this table. */
export const monaiChanges = {
  'centred oblique grids': {
    since: '1.0.1',
    subject: '`Spacingd` where no corner of the image is the lowest along all new axes within 1e-8 voxels: most oblique headers, whose numbers are float32',
    without: 'voxel 0 stays on voxel 0; with `diagonal` the new grid begins at voxel 0, or in 0.8 at the lowest coordinates when the axes turn',
    with: 'the new grid lies around the middle of the old one',
  },
  'grid from a corner': {
    since: '0.9.0',
    subject: '`Spacingd(diagonal=True)`',
    without: 'begins at voxel 0 when each axis keeps its closest axis of the world and its direction, else at the lowest coordinates',
    with: 'begins at the corner that is the lowest along all new axes',
  },
  'near spacings stay': {
    since: '1.0.1',
    subject: '`Spacingd`, an axis whose spacing is within 0.001 (mm) of `pixdim`',
    without: 'is resampled, unless all axes are within 0.1 % and the voxels stay as they are',
    with: 'keeps its spacing',
  },
  'unchanged grids keep their affine': {
    since: '0.9.0',
    subject: '`Spacingd` where the new grid is the old one within 0.001',
    without: 'voxels stay, the affine takes the new spacing',
    with: 'voxels and affine stay',
  },
  'short pixdim repeats': {
    since: '1.1.0',
    subject: '`Spacingd`, a `pixdim` with fewer numbers than axes',
    without: 'goes on with 1.0',
    with: 'goes on with its last number',
  },
  'equal images get equal lengths': {
    since: '1.2.0',
    subject: '`Spacingd` with several keys whose lengths and spacings are equal within 0.001',
    without: 'each has the lengths of its own grid, which rounding may make different',
    with: 'all have the lengths of the first, unless `ensure_same_shape` is off',
  },
  'aligned corners stretch': {
    since: '1.2.0',
    until: '1.6.0',
    subject: '`Spacingd(align_corners=True)`',
    without: 'the same as without it',
    with: 'the picture is stretched: of 0.8 to 1.5 mm, output 1 comes from 1.458 in place of 1.875',
  },
  'foreground boxes end at the edge': {
    since: '0.9.0',
    subject: '`CropForegroundd` without `allow_smaller`, a margin beyond the image',
    without: 'is cut off at the start and padded at the end',
    with: 'is cut off',
  },
  'foreground boxes are padded': {
    since: '1.5.0',
    subject: '`CropForegroundd` without `allow_smaller`, a margin beyond the image',
    without: 'is cut off (see above)',
    with: 'is padded',
  },
  'zoom is cut around the middle voxel': {
    since: '0.9.1',
    subject: '`Zoomd(keep_size=True)`, what is too much',
    without: 'goes half from the start, rounded down',
    with: 'goes so that voxel `m // 2` becomes voxel `n // 2`',
  },
  'last of equal components': {
    since: '1.0.0',
    subject: '`KeepLargestConnectedComponentd`, components of equal size',
    without: 'the first in C order is kept',
    with: 'the last is kept',
  },
  'gaussian from the middle': {
    since: '1.0.1',
    subject: '`SlidingWindowInferer(mode="gaussian")`',
    without: 'weights are an impulse at voxel `n // 2` through an error function kernel',
    with: 'weights are the exponential around the middle of the window, not below 0.001',
  },
} as const satisfies Record<string, Change>; // prettier-ignore

export type MonaiChange = keyof typeof monaiChanges;

/** True when MONAI of that version does what the change says. */
export function monaiHas(version: MonaiVersion, change: MonaiChange): boolean {
  const { since, until }: Change = monaiChanges[change];
  return compare(version, since) >= 0 && (until === undefined || compare(version, until) < 0);
}

/** The version that `monai_version` names, undefined for none: what follows three numbers (`rc1`, `+12.g1a2b3c`) is dropped, a missing third is 0. */
export function readMonaiVersion(text: unknown): MonaiVersion | undefined {
  const [, major, minor, patch = '0'] = /^\s*v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?!\d)/.exec(String(text)) ?? [];
  return major === undefined ? undefined : `${Number(major)}.${Number(minor)}.${Number(patch)}`;
}

function compare(a: MonaiVersion, b: MonaiVersion): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  return left.map((number, n) => number - right[n]).find((difference) => difference !== 0) ?? 0;
}
