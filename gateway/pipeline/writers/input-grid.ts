import { canonicalAffine, revertCanonical, sameAffine } from '../../imaging/geometry';
import { niftiGridOf, type NiftiGrid } from '../../imaging/formats/nifti/result-geometry';
import { reorderAxes, spatialLetters, spatialShape } from '../../imaging/volume';
import type { Axes, Volume, VolumeProperties } from '../../imaging/volume';
import { boxesOf, uncut } from '../../transforms/grid/clara-crops';
import type { Sample } from '../../transforms/sample';

export interface PlacedVolume {
  volume: Volume;
  /** The NIfTI image the client sent, whose forms place the result. */
  image?: NiftiGrid;
}

/**
 * Puts a result on the grid of the file the client sent, also where the config forgot to copy its geometry:
 *
 * - without affine, but with the shape the image had after loading: it lies where that image lay;
 * - on the grid of an image that Clara's transforms cropped or padded: with what was cut off put back as zeros;
 * - in canonical axes of an image that was loaded that way: back to the file's axes and affine.
 *
 * A result of another shape or another place is written where its own affine says, or with the identity.
 */
export function placeOnInputGrid(
  given: Volume,
  sample: Sample,
  options: { revertCanonical?: boolean } = {},
): PlacedVolume {
  const loaded = loadedImage(sample);
  // Depth is the file's last axis, also when the config left it in front.
  const isDepthFirst = spatialLetters(given) === 'ZXY';
  const depthLast = isDepthFirst ? reorderAxes(given, given.axes.replace('ZXY', 'XYZ') as Axes) : given;
  const result = uncropped(depthLast, loaded?.field, sample);
  const own = Object.entries(result.properties).filter(([, value]) => value !== undefined);
  const properties: VolumeProperties = { ...loaded?.properties, ...Object.fromEntries(own) };
  const { originalAffine, originalShape, asCanonical } = properties;
  const image = niftiGridOf(properties);
  const shape = spatialShape(result);
  const loadedShape = originalShape ?? shape;
  const onLoadedGrid = shape.length === loadedShape.length && shape.every((length, d) => length === loadedShape[d]);
  if (!originalAffine || !onLoadedGrid) return { volume: result, image };

  const canonical = canonicalAffine(originalAffine, shape);
  const affine = result.affine ?? (asCanonical ? canonical : originalAffine);
  const volume = { ...result, affine, properties };
  const isCanonical = asCanonical && sameAffine(affine, canonical);
  return { volume: isCanonical || options.revertCanonical ? revertCanonical(volume, originalAffine) : volume, image };
}

/** A picture as files have it, rows first: a chain for MONAI 0.8 and later has its columns first. */
export function rowsFirst(volume: Volume, sample: Sample): Volume {
  const loaded = [...sample.volumes.values()].some(({ properties }) => properties.columnsFirst);
  if (!loaded || spatialLetters(volume) !== 'XY') return volume;
  return { ...reorderAxes(volume, volume.axes.replace('XY', 'YX') as Axes), axes: volume.axes };
}

/** The field of the image that was loaded from the request's file, and its properties. */
export function loadedImage(sample: Sample): { field: string; properties: VolumeProperties } | undefined {
  const loaded = [...sample.volumes].find(
    ([, { properties }]) => properties.originalAffine && properties.originalShape,
  );
  return loaded && { field: loaded[0], properties: loaded[1].properties };
}

/** Undoes the crops and paddings of the loaded image where nothing but they lies between its grid and the result's. */
function uncropped(result: Volume, field: string | undefined, sample: Sample): Volume {
  const boxes = field === undefined ? [] : boxesOf(sample, field);
  const same = (a: readonly number[], b: readonly number[]) => a.every((n, d) => n === b[d]);
  let grid = sample.volumes.get(field ?? '')?.properties.originalShape ?? [];
  for (const { from, to } of boxes) {
    if (!same(from, grid)) return result;
    grid = to;
  }
  return same(grid, spatialShape(result)) ? boxes.reduceRight(uncut, result) : result;
}
