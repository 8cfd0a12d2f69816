import { fail } from '../../errors';
import { integerRange } from '../../imaging/formats/cast';
import type { Padding } from '../../imaging/ops/resample/gather';
import { copyStrided } from '../../imaging/ops/copy/strided-copy';
import { sizeOf, type NumericArray, type Volume } from '../../imaging/volume';
import type { Datatype } from '../../triton/datatypes';

/** From here on a number is infinite in half precision (IEEE 754: 65504 is the largest, halfway to the next power of two rounds up). */
const INFINITE_HALF = 65520;

/** Smallest and largest whole number of the types that cut off fractions. Beyond 2^53 voxels are not whole numbers any more. */
const wholeNumbers: Partial<Record<Datatype, readonly [number, number]>> = {
  BOOL: [0, 1],
  UINT8: [0, 255],
  UINT16: [0, 2 ** 16 - 1],
  UINT32: [0, 2 ** 32 - 1],
  UINT64: [0, Number.MAX_SAFE_INTEGER],
  INT8: [-128, 127],
  INT16: [-(2 ** 15), 2 ** 15 - 1],
  INT32: [-(2 ** 31), 2 ** 31 - 1],
  INT64: [-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
};

interface FedImage {
  tensor: string;
  datatype: Datatype;
  image: Volume;
  padding: Padding;
}

/**
 * Compares the voxels of an image with what the type of its tensor holds: nothing wraps around, and nothing becomes infinite on the way to
 * the network. Fractions are cut off towards zero for integer types, as numpy's `astype` does it, and `warn` hears of it.
 * @throws IMAGE_DOES_NOT_FIT naming the value and the range
 */
export function checkInputValues(model: string, fed: FedImage, warn: (sentence: string) => void): void {
  const { tensor, datatype, image, padding } = fed;
  const { fits, holds, isSafeFor } = capacityOf(datatype);
  const padded = padding.mode === 'constant' ? [padding.value ?? 0] : [];
  const voxels = isSafeFor(image.data) ? [] : voxelsOf(image);
  const odd = padded.find((value) => !fits(value)) ?? voxels.find((value) => !fits(value));
  if (odd !== undefined)
    throw fail('IMAGE_DOES_NOT_FIT', {
      model,
      what: `its input "${tensor}" is ${datatype}, which holds ${holds}, but the prepared image has the value ${odd}; scale the intensities in the pre-transforms, or give the network an FP32 input`,
    });
  if (datatype in wholeNumbers && voxels.some((value) => value !== Math.trunc(value)))
    warn(`The network's input "${tensor}" is ${datatype}: fractions of the prepared image were cut off`);
}

interface Capacity {
  fits: (value: number) => boolean;
  /** For a sentence. */
  holds: string;
  /** Whether no element of such an array can be too large, so that none needs to be looked at. */
  isSafeFor: (data: NumericArray) => boolean;
}

function capacityOf(datatype: Datatype): Capacity {
  const range = wholeNumbers[datatype];
  if (range) {
    const [lowest, highest] = range;
    return {
      fits: (value) => value > lowest - 1 && value < highest + 1,
      holds: `whole numbers from ${lowest} to ${highest}`,
      isSafeFor: (data) => isWithin(data, lowest, highest),
    };
  }
  if (datatype === 'FP16')
    return {
      fits: (value) => !Number.isFinite(value) || Math.abs(value) < INFINITE_HALF,
      holds: '-65504 to 65504',
      isSafeFor: (data) => isWithin(data, 1 - INFINITE_HALF, INFINITE_HALF - 1),
    };
  return {
    fits: (value) => !Number.isFinite(value) || Number.isFinite(Math.fround(value)),
    holds: 'numbers up to 3.4e38',
    isSafeFor: (data) => datatype === 'FP64' || !(data instanceof Float64Array),
  };
}

function isWithin(data: NumericArray, lowest: number, highest: number): boolean {
  const given = integerRange(data.constructor);
  return given !== undefined && given[0] >= lowest && given[1] <= highest;
}

/** The voxels of the image and no others: its array may hold more than the part that is looked at. */
function voxelsOf({ data, shape, strides }: Volume): NumericArray {
  return data.length === sizeOf(shape) ? data : copyStrided(data, 0, shape, strides);
}
