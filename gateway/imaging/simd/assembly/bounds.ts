import { VoxelType } from './voxel-type';

/** The smallest and largest places of what has been found. */
@unmanaged
class Bounds {
  firstX: i32;
  lastX: i32;
  firstY: i32;
  lastY: i32;
}

/**
 * Widens bounds by the voxels of a plane that are above zero.
 *
 * @param step elements from one voxel of a row to the next, `rowStep` from one row to the next
 * @returns whether there are such
 */
export function boundsOfPlane(
  type: VoxelType,
  source: usize,
  step: i32,
  nx: i32,
  rowStep: i32,
  ny: i32,
  bounds: Bounds,
): bool {
  // prettier-ignore
  switch (type) {
    case VoxelType.I8: return plane<i8>(source, step, nx, rowStep, ny, bounds);
    case VoxelType.U8: return plane<u8>(source, step, nx, rowStep, ny, bounds);
    case VoxelType.I16: return plane<i16>(source, step, nx, rowStep, ny, bounds);
    case VoxelType.U16: return plane<u16>(source, step, nx, rowStep, ny, bounds);
    case VoxelType.I32: return plane<i32>(source, step, nx, rowStep, ny, bounds);
    case VoxelType.U32: return plane<u32>(source, step, nx, rowStep, ny, bounds);
    case VoxelType.F32: return plane<f32>(source, step, nx, rowStep, ny, bounds);
    default: return plane<f64>(source, step, nx, rowStep, ny, bounds);
  }
}

function plane<T>(source: usize, step: i32, nx: i32, rowStep: i32, ny: i32, bounds: Bounds): bool {
  let found = false;
  for (let j = 0; j < ny; j++) {
    const row = source + <usize>(j * rowStep) * sizeof<T>();
    const first = firstAbove<T>(row, step, nx);
    if (first == nx) continue;
    found = true;
    bounds.firstX = min(bounds.firstX, first);
    bounds.firstY = min(bounds.firstY, j);
    bounds.lastY = max(bounds.lastY, j);
    // From the end of the row backwards, as far as it can be farther than what is known.
    bounds.lastX = lastAbove<T>(row, step, bounds.lastX, nx);
  }
  return found;
}

/** Steps to the first value above zero; `n` when there is none. */
function firstAbove<T>(row: usize, step: i32, n: i32): i32 {
  let i = 0;
  if (step == 1) {
    const lanes = <i32>(16 / sizeof<T>());
    while (i + lanes <= n && !anyAbove<T>(row + <usize>i * sizeof<T>())) i += lanes;
  }
  while (i < n && !(at<T>(row, step, i) > 0)) i++;
  return i;
}

/** The last step below `n` with a value above zero; `known` when there is none after it. */
function lastAbove<T>(row: usize, step: i32, known: i32, n: i32): i32 {
  let i = n;
  if (step == 1) {
    const lanes = <i32>(16 / sizeof<T>());
    while (i - lanes > known && !anyAbove<T>(row + <usize>(i - lanes) * sizeof<T>())) i -= lanes;
  }
  for (i--; i > known && !(at<T>(row, step, i) > 0);) i--;
  return i;
}

function at<T>(row: usize, step: i32, i: i32): T {
  return load<T>(row + <usize>(i * step) * sizeof<T>());
}

/** Whether one of the values of a vector is above zero. */
function anyAbove<T>(from: usize): bool {
  const values = v128.load(from);
  if (!isSigned<T>() && !isFloat<T>()) return v128.any_true(values);
  return v128.any_true(v128.gt<T>(values, i32x4.splat(0)));
}
