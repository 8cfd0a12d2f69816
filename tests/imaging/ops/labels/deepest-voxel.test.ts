import { deepestVoxel } from '../../../../gateway/imaging/ops/labels/deepest-voxel';

/** Rows are y, columns x. */
const find = (...rows: string[]) =>
  deepestVoxel(Uint8Array.from([...rows.join('')].map((c) => Number(c === '#'))), rows[0].length, rows.length);

test.each([
  ['an empty mask', ['....', '....'], undefined],
  ['one voxel', ['....', '..#.'], [2, 1]],
  ['the middle of a square', ['.....', '.###.', '.###.', '.###.', '.....'], [2, 2]],
  ['a full image: its border counts as outside', ['#####', '#####', '#####'], [1, 1]],
  ['ties: the smallest x, then the smallest y', ['#..#', '....', '#..#'], [0, 0]],
  ['diagonal neighbours lie farther than faces', ['..#..', '.###.', '#####', '.###.', '..#..'], [2, 2]],
])('%s', (_, rows, expected) => {
  expect(find(...rows)).toEqual(expected);
});

test('distances are Euclidean: as a search through all voxels finds them', () => {
  const [nx, ny] = [23, 17];
  const mask = Uint8Array.from({ length: nx * ny }, (_, at) => Number((at * 7919) % 13 > 1));
  let best = 0;
  let expected: [number, number] | undefined;
  for (let x = 0; x < nx; x++) {
    for (let y = 0; y < ny; y++) {
      let depth = mask[y * nx + x] ? Infinity : 0;
      for (let u = -1; u <= nx; u++) {
        for (let v = -1; v <= ny; v++) {
          const outside = u < 0 || v < 0 || u === nx || v === ny || !mask[v * nx + u];
          if (outside) depth = Math.min(depth, (x - u) ** 2 + (y - v) ** 2);
        }
      }
      if (depth > best) [best, expected] = [depth, [x, y]];
    }
  }
  expect(deepestVoxel(mask, nx, ny)).toEqual(expected);
});
