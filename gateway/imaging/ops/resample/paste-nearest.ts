import type { NumericArray, Volume } from '../../volume';
import { perType } from '../copy/per-type';

/**
 * Fills a volume by look-up: voxel (x, y, z) of `to` becomes voxel (maps[0][x], maps[1][y], maps[2][z]) of `from`; where a map says -1 it is
 * left as it is. A `from` without Z goes into slice `slice`.
 * @param from without channel axis
 * @param maps for X, Y and Z, as long as the axes of `to`; Z's is absent when `from` has none
 */
export function pasteNearest(
  from: Volume,
  [mapX, mapY, mapZ]: readonly [Int32Array, Int32Array, (Int32Array | undefined)?],
  to: Volume,
  slice = 0,
): void {
  const along = (volume: Volume, letter: string) => volume.strides[volume.axes.indexOf(letter)] ?? 0;
  const [fx, fy, fz] = ['X', 'Y', 'Z'].map((letter) => along(from, letter));
  const [tx, ty, tz] = ['X', 'Y', 'Z'].map((letter) => along(to, letter));
  const [source, target]: NumericArray[] = [from.data, to.data];
  const depths = mapZ ?? new Int32Array(1);
  const paste = pasteRow(source, target);
  depths.forEach((depth, z) => {
    if (depth < 0) return;
    const intoSlice = (mapZ ? z : slice) * tz;
    mapY.forEach((row, y) => {
      if (row < 0) return;
      const read = depth * fz + row * fy;
      const write = intoSlice + y * ty;
      paste(source, read, fx, mapX, target, write, tx);
    });
  });
}

const pasteRow = perType(
  (
    source: NumericArray,
    read: number,
    fx: number,
    map: Int32Array,
    target: NumericArray,
    write: number,
    tx: number,
  ) => {
    for (let x = 0; x < map.length; x++) if (map[x] >= 0) target[write + x * tx] = source[read + map[x] * fx];
  },
);
