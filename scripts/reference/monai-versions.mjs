// What docs/reference/transforms.md says of MONAI's versions beside the table of changes in gateway/transforms/monai-version.ts.

export const monaiIntro =
  'A bundle answers as the version in `monai_version` of its `metadata.json`; without one as 1.6.1, the newest that was compared. Configs of AIAA 4 answer as 0.8.1. The default `labels` of `Orientationd` changed in 1.5.1 for tensors in LPS; images here are in RAS, as `LoadImaged` makes them, so nothing changes.';

/** @param {{ monaiChanges: Record<string, { since: string, until?: string, subject: string, with: string, without: string }> }} versions */
export const monaiRows = ({ monaiChanges }) =>
  Object.values(monaiChanges).map((one) => [
    one.subject,
    one.until ? `${one.since} up to, not with, ${one.until}` : `${one.since} and later`,
    one.with,
    one.without,
  ]);

/** Where MONAI puts an image in the wrong place, loses labels, or its answer depends on rounding: what, MONAI with its version, here. */
export const unlikeMonai = [
  ['`LoadImaged`, a NIfTI file with a good sform, an uncoded qform and `pixdim` rounded beyond 1e-5', '0.8.1 to 1.6.1: the qform replaces the sform; the image is mirrored, its origin 0', 'the standard: the sform'],
  ['`Spacingd(recompute_affine=True)`', '1.2 to 1.6.1: the affine is the scaling alone, without directions and origin', 'the affine of the image times the scaling, as 1.0 and 1.1 have it'],
  ['`Spacingd(scale_extent=True)`, origins within half a voxel of 0', '1.0 to 1.6.1: the origin takes the sign of the corner, so it may be mirrored', 'the edge of the grid on the edge of the image'],
  ['`Spacingd` on most oblique images', '1.0.0: the grid begins at the last voxel and lies outside the image', 'voxel 0 stays on voxel 0'],
  ['`Invertd` after `Spacingd` of a sheared image', '0.8.1: back to a grid that is not sheared', 'back to the grid of the image'],
  ['`Invertd` after `Orientationd(labels=…)`', '1.0 to 1.5.0: back by the default labels, to another grid', 'back to the grid of the image'],
  ['`Resized(align_corners=True)`', 'before 1.6: the affine is that of grids that share their edges, up to half a voxel off', 'the affine of grids that share their corners'],
  ['`SaveImaged(resample=True)` of a crop without `Invertd`', '1.4 to 1.6.1: written on the grid of the crop; 1.0.1: on that of the file', 'on that of the file'],
  ['`Compose(lazy=True)`', '1.2 to 1.6.1: steps are joined to one resampling, `nearest` of a later step is lost', 'each step in its own mode'],
  ['`RemoveSmallObjectsd` on labels above 1, or several channels', '0.9 to 1.6.1: all voxels of a label count together, and channels join', 'components of each label of each channel'],
  ['Samples of the nearest voxel half-way between two', 'rounding errors decide, on straight grids those of torch, on oblique ones of LAPACK', 'on straight grids the same rounding errors; on oblique ones they may differ'],
  ['`KeepLargestConnectedComponentd`, several of equal size with `num_components` above 1', '1.0 to 1.6.1: an unstable sort decides', 'the last in C order first'],
]; // prettier-ignore
