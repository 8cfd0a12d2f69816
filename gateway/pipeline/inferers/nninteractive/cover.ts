import { roundHalfToEven } from '../../../imaging/ops/resample/round-half-to-even';
import { Bounds, perAxis, type Box, type Three } from './boxes';

/** Voxels `from` to `to`, half-open, of a row along the last axis. */
interface Run {
  x: number;
  y: number;
  from: number;
  to: number;
}

/** Halvings of the steps between centres before those that are left are found one by one. */
const MOST_HALVINGS = 3;
/** Centres tried for each of these. */
const TRIALS = { none: 25, rest: 10 };

/**
 * Boxes of a patch's size that cover all voxels of a mask with at least `margin` voxels around, chosen greedily from a grid of centres a quarter of the mask apart;
 * what they leave is covered by the best of a few centres, evenly spread over it (nnInteractive draws them at random).
 *
 * @param mask C order, other than 0 is to be covered
 */
export function coveringBoxes(mask: Uint8Array, shape: Three, patch: Three, margin: number): Box[] {
  let open = runsOf(mask, shape);
  if (open.length === 0) return [];
  const bounds = new Bounds();
  for (const { x, y, from, to } of open) bounds.add(x, y, from, to);
  const extent = bounds.box!;
  let step = perAxis((d) => Math.max(1, roundHalfToEven((extent[d][1] - 1 - extent[d][0]) / 4)));
  let centres: Three[] = [];
  let halvings = 0;
  for (; halvings <= MOST_HALVINGS; halvings++, step = perAxis((d) => Math.max(1, Math.floor(step[d] / 2)))) {
    centres = onGrid(extent, step).filter(([x, y, z]) => mask[(x * shape[1] + y) * shape[2] + z] !== 0);
    if (centres.length > 0) break;
  }
  const reach = (centre: Three) => perAxis((d) => {
    const half = Math.floor(patch[d] / 2);
    return [Math.max(0, centre[d] - half + margin), Math.min(shape[d], centre[d] - half + patch[d] - margin)] as const;
  });
  const boxes: Box[] = [];
  const take = (centre: Three) => {
    boxes.push(perAxis((d) => [centre[d] - Math.floor(patch[d] / 2), centre[d] - Math.floor(patch[d] / 2) + patch[d]] as const));
    open = without(open, reach(centre));
  };
  while (centres.length > 0 && open.length > 0) {
    const best = bestOf(centres, (centre) => countIn(open, reach(centre)));
    if (!best) break;
    take(best);
    centres = centres.filter((centre) => open.some(({ x, y, from, to }) => x === centre[0] && y === centre[1] && from <= centre[2] && centre[2] < to));
  }
  while (open.length > 0) {
    const trials = spread(open, halvings > MOST_HALVINGS ? TRIALS.none : TRIALS.rest);
    const best = bestOf(trials, (centre) => countIn(open, reach(centre))) ?? trials[0];
    const before = open;
    take(best);
    // Patches of at most two margins cover nothing: their own voxels at least.
    if (open === before) open = without(open, boxes[boxes.length - 1]);
  }
  return boxes;
} // prettier-ignore

function runsOf(mask: Uint8Array, [nx, ny, nz]: Three): Run[] {
  const runs: Run[] = [];
  for (let x = 0, row = 0; x < nx; x++)
    for (let y = 0; y < ny; y++, row += nz)
      for (let z = 0; z < nz; z++) {
        if (mask[row + z] === 0) continue;
        const from = z;
        while (z < nz && mask[row + z] !== 0) z++;
        runs.push({ x, y, from, to: z });
      }
  return runs;
}

function onGrid(extent: Box, step: Three): Three[] {
  const [xs, ys, zs] = perAxis((d) => {
    const values: number[] = [];
    for (let n = extent[d][0]; n < extent[d][1]; n += step[d]) values.push(n);
    return values;
  });
  return xs.flatMap((x) => ys.flatMap((y) => zs.map((z): Three => [x, y, z])));
}

/** The first with the highest score above 0. */
function bestOf(centres: readonly Three[], score: (centre: Three) => number): Three | undefined {
  let best: Three | undefined;
  let most = 0;
  for (const centre of centres) {
    const covered = score(centre);
    if (covered > most) [best, most] = [centre, covered];
  }
  return best;
}

function countIn(runs: readonly Run[], [[x0, x1], [y0, y1], [z0, z1]]: Box): number {
  let count = 0;
  for (const { x, y, from, to } of runs)
    if (x >= x0 && x < x1 && y >= y0 && y < y1) count += Math.max(0, Math.min(to, z1) - Math.max(from, z0));
  return count;
}

/** What of the runs lies outside of a box; the same list where all does. */
function without(runs: Run[], box: Box): Run[] {
  if (countIn(runs, box) === 0) return runs;
  const [[x0, x1], [y0, y1], [z0, z1]] = box;
  return runs.flatMap((run) => {
    const { x, y, from, to } = run;
    if (x < x0 || x >= x1 || y < y0 || y >= y1 || from >= z1 || to <= z0) return [run];
    return [{ x, y, from, to: z0 }, { x, y, from: z1, to }].filter((part) => part.from < part.to && part.from >= from && part.to <= to);
  });
} // prettier-ignore

/** Some voxels of runs, as far apart in their order as possible. */
function spread(runs: readonly Run[], count: number): Three[] {
  const total = runs.reduce((sum, { from, to }) => sum + to - from, 0);
  const wanted = Array.from({ length: Math.min(count, total) }, (_, n) => Math.floor(((n + 0.5) * total) / Math.min(count, total)));
  const found: Three[] = [];
  let before = 0;
  for (const { x, y, from, to } of runs) {
    while (found.length < wanted.length && wanted[found.length] < before + to - from) found.push([x, y, from + wanted[found.length] - before]);
    before += to - from;
  }
  return found;
} // prettier-ignore
