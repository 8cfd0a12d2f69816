import type { Image } from 'itk-wasm' with { 'resolution-mode': 'import' };
import { ImageError } from '../../image-error';
import { firstAxisFastest } from '../../volume';
import type { Affine, Axes, NumericArray, Volume } from '../../volume';

/** Formats whose pixels are a picture, not a scan: no place in the patient, rows before columns. */
const rasters = new Set(['png', 'jpeg', 'tiff', 'bmp']);

/**
 * An ITK image as a Volume, data not copied (64-bit integers excepted).
 *
 * Scans: axes as ITK orders its indices, x fastest, affine in RAS. Rasters: `XY`/`XYC` with **X = row, Y = column**, the order of the
 * array a Clara loader hands out (`transforms.md` §9 A10); no affine; RGB order; an alpha channel is left out.
 */
export function volumeOf(image: Image, name: string, format: string): Volume {
  const { dimension, components, pixelType } = image.imageType;
  if (
    !['Scalar', 'RGB', 'RGBA', 'Vector', 'VariableLengthVector', 'CovariantVector', 'FixedArray'].includes(pixelType)
  ) {
    throw new ImageError(
      'unsupported',
      `"${name}" has pixels of type ${pixelType}; scalar, vector and RGB images are read`,
    );
  }
  const data = numeric(image.data, name);
  const raster = rasters.has(format) && dimension === 2;
  const strides = firstAxisFastest(image.size).map((stride) => stride * components);
  const alpha = pixelType === 'RGBA' || (raster && (components === 2 || components === 4));
  const channels = alpha ? components - 1 : components;

  const layout = raster
    ? { shape: [image.size[1], image.size[0]], strides: [strides[1], strides[0]], axes: 'XY' }
    : spatialLayout(image, strides, name);
  if (channels > 1) {
    if (layout.axes.endsWith('C'))
      throw new ImageError('unsupported', `"${name}" is a 4-D image with ${channels} channels per voxel`);
    layout.shape.push(channels);
    layout.strides.push(1);
    layout.axes += 'C';
  }
  const affine = raster ? undefined : rasAffine(image);
  const originalChannelDim = layout.axes.endsWith('C') ? layout.axes.length - 1 : 'no_channel';
  return {
    data,
    ...layout,
    axes: layout.axes as Axes,
    affine,
    properties: { originalAffine: affine, filename: name, originalChannelDim },
  };
}

function spatialLayout({ size }: Image, strides: number[], name: string) {
  const length = size.length === 4 && size[3] === 1 ? 3 : size.length;
  if (length < 2 || length > 4)
    throw new ImageError('unsupported', `"${name}" has ${size.length} dimensions; 2 to 4 are read`);
  return { shape: size.slice(0, length), strides: strides.slice(0, length), axes: ['XY', 'XYZ', 'XYZC'][length - 2] };
}

/** ITK says LPS (x to the left, y to the back): the first two rows change sign. `direction` is row-major; its columns are the axes. */
function rasAffine({ size, spacing, origin, direction }: Image): Affine {
  const n = size.length;
  const entry = (row: number, column: number) => {
    if (row >= n || column >= n) return row === column ? 1 : 0;
    return (direction[n * row + column] as number) * spacing[column];
  };
  const rows = [-1, -1, 1].map((sign, row) => [
    ...[0, 1, 2].map((column) => sign * entry(row, column) || 0),
    sign * (origin[row] ?? 0) || 0,
  ]);
  return [...rows.flat(), 0, 0, 0, 1];
}

function numeric(data: Image['data'], name: string): NumericArray {
  if (!(data instanceof BigInt64Array || data instanceof BigUint64Array)) return data as NumericArray;
  const values = Float64Array.from(data as BigInt64Array, Number);
  if (values.some((value) => !Number.isSafeInteger(value))) {
    throw new ImageError('unsupported', `"${name}" holds 64-bit integers beyond 2^53, which would be rounded`);
  }
  return values;
}
