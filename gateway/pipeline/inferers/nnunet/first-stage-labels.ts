import { allocateUnset } from '../../../arena';
import { resampleLabelsToShape } from '../../../imaging/ops/resample/resample-to-shape';
import { lastAxisFastest, sizeOf, spatialShape, type Volume } from '../../../imaging/volume';
import { copyBox } from '../../../imaging/simd/copy';
import type { ScoreResampling } from '../../../model-spec';
import { nonzeroMask, type NnunetGrid } from '../../../transforms/nnunet/preprocess';

/** Outside of what is not zero in the image, where the first stage found nothing: a label of its own while labels are resampled. */
const OUTSIDE = -1;

/**
 * The labels of a cascade's first stage on the grid of the second one's image, as nnU-Net 2.8 reads them: axes as in `grid`, cut to its box, -1 outside of
 * the mask of all that is not zero, resampled as labels.
 * @param labels on the file's grid, axes XYZ
 * @param file the image as it was loaded
 * @param image the prepared one
 */
export function firstStageLabels(labels: Volume, file: Volume, grid: NnunetGrid, image: Volume, how: ScoreResampling | null): Volume {
  const { box, letters, spacing, target } = grid;
  const mask = nonzeroMask(file, grid);
  const strides = letters.map((letter) => labels.strides['XYZ'.indexOf(letter)]);
  const data = allocateUnset(Int32Array, sizeOf(box.size));
  const dense = lastAxisFastest(box.size);
  const at = box.start.reduce((sum, n, d) => sum + n * strides[d], 0);
  copyBox(box.size, { data: labels.data, at, strides }, { data, at: 0, strides: dense });
  for (let i = 0; i < data.length; i++) if (data[i] === 0 && mask[i] === 0) data[i] = OUTSIDE;
  const map: Volume = { data, shape: [...box.size], strides: dense, axes: 'XYZ', properties: {} };
  if (!how) return map;
  const { order, force_separate_z: forceSeparateZ, threshold } = how;
  return resampleLabelsToShape(map, spatialShape(image), spacing, target, { order: order as 0 | 1, forceSeparateZ, threshold });
} // prettier-ignore
