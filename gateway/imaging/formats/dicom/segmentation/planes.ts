import { applyAffine, invert } from '../../../geometry';
import { unsupported, type ImageError } from '../../../image-error';
import type { Volume } from '../../../volume';
import { dot } from '../../vectors';
import type { SourceFrame, SourceImages } from './source-images';

export interface Plane {
  /** Index of the mask's voxel at the frame's first pixel. */
  offset: number;
  source: SourceFrame;
}

/** The mask as the images' own frames, in the order of their place along the normal; rows and columns are those of the images. */
export interface Planes {
  data: Volume['data'];
  planes: Plane[];
  rows: number;
  columns: number;
  /** Steps in `data` to the next pixel of a row, and to the next row. */
  columnStride: number;
  rowStride: number;
}

/** How far a pixel of the images may lie from a voxel's centre: in the plane, and along the normal, where slices need not be evenly spaced; in voxels. */
const IN_PLANE = 0.1;
const ALONG = 0.45;

/** The mask's voxel of each pixel of the images; the mask's axes may be flipped or in another order. @throws ImageError when it has another grid */
export function planesOf(mask: Volume, images: SourceImages): Planes {
  const { orientation, spacing, rows, columns, frames } = images;
  const toVoxel = invert(mask.affine!);
  const voxelAt = ({ position }: SourceFrame, column: number, row: number) => {
    const place = position.map(
      (value, d) => value + orientation[d] * spacing[1] * column + orientation[3 + d] * spacing[0] * row,
    );
    return applyAffine(toVoxel, [-place[0], -place[1], place[2]]);
  };
  const [first] = frames;
  const origin = voxelAt(first, 0, 0);
  const columnStep = unitStep(voxelAt(first, 1, 0).map((value, d) => value - origin[d]));
  const rowStep = unitStep(voxelAt(first, 0, 1).map((value, d) => value - origin[d]));
  if (!columnStep || !rowStep) throw otherGrid(mask, images);
  const along = [0, 1, 2].findIndex((d) => columnStep[d] === 0 && rowStep[d] === 0);
  const fits =
    along >= 0 &&
    mask.shape[along] === frames.length &&
    mask.shape[axisOf(columnStep)] === columns &&
    mask.shape[axisOf(rowStep)] === rows;
  if (!fits) throw otherGrid(mask, images);

  const planes = frames.map((source): Plane => {
    const corners = [voxelAt(source, 0, 0), voxelAt(source, columns - 1, rows - 1)];
    const indices = corners.map((corner) => corner.map(Math.round));
    const inside = corners.every((corner, at) =>
      corner.every((value, d) => {
        const index = indices[at][d];
        return Math.abs(value - index) <= (d === along ? ALONG : IN_PLANE) && index >= 0 && index < mask.shape[d];
      }),
    );
    if (!inside || indices[0][along] !== indices[1][along]) throw otherGrid(mask, images);
    return { source, offset: dot(indices[0], mask.strides) };
  });
  if (new Set(planes.map(({ offset }) => offset)).size < planes.length) throw otherGrid(mask, images);
  const [columnStride, rowStride] = [columnStep, rowStep].map((step) => dot(step, mask.strides));
  return { data: mask.data, planes, rows, columns, columnStride, rowStride };
}

function unitStep(step: readonly number[]): number[] | undefined {
  const rounded = step.map((value) => Math.round(value) || 0);
  const close = step.every((value, d) => Math.abs(value - rounded[d]) < 0.01);
  return close && rounded.reduce((sum, value) => sum + Math.abs(value), 0) === 1 ? rounded : undefined;
}

const axisOf = (step: readonly number[]) => step.findIndex((value) => value !== 0);

function otherGrid({ shape }: Volume, { columns, rows, frames }: SourceImages): ImageError {
  return unsupported(
    `the result (${shape.join(' x ')} voxels) does not lie on the pixels of the images (${columns} x ${rows}, ${frames.length} slices), ` +
      'and a DICOM segmentation has to; the config lacks the step that brings it back to the image (Invertd, Restored, RestoreOriginalShape)',
  );
}
