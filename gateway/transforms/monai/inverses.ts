import type { TransformDefinition } from '../definition';
import { centerScaleCropd } from './center-scale-crop';
import { centerSpatialCropd, cropForegroundd, spatialCropd } from './crops';
import { orientationd } from './orientation';
import { borderPadd, divisiblePadd, resizeWithPadOrCropd, spatialPadd } from './pads';
import { resized } from './resized';
import { spacingd } from './spacing';
import { flipd, rotate90d, transposed } from './turns';
import { zoomd } from './zoom';

/** What `Invertd` can undo. */
const invertible = [
  orientationd, spacingd, resized, zoomd, flipd, rotate90d, transposed, centerScaleCropd, centerSpatialCropd, spatialCropd, cropForegroundd, spatialPadd,
  divisiblePadd, borderPadd, resizeWithPadOrCropd,
] as readonly Pick<TransformDefinition, 'name' | 'invert'>[]; // prettier-ignore

export const inverses: ReadonlyMap<string, NonNullable<TransformDefinition['invert']>> = new Map(
  invertible.map(({ name, invert }) => [name, invert!]),
);
