/** Degree of the B-spline between samples: the nearest sample, linear, cubic with a prefilter. */
export type SplineOrder = 0 | 1 | 3;

/** Beyond the outer samples: the edge repeats, zeros, or the samples are mirrored at the outer ends of the edge voxels. SciPy's names. */
export type Beyond = 'nearest' | 'constant' | 'reflect';

/** How the samples of a new grid are made along one axis: the old ones are repeated at the ends and filtered; each new one is a weighted sum of `taps` of those. */
export interface SplineAxis {
  /** Samples of the source. */
  n: number;
  /** Repetitions of the first and of the last sample. */
  before: number;
  after: number;
  filter?: Filter;
  taps: number;
  /** Samples that new sample j is made of, counted from the first repetition: from `j * taps` on. */
  indices: Int32Array;
  weights: Float64Array;
}

/** Which extension of the samples the filter begins and ends with: mirrored at the ends of the outer samples, or at their middles. */
type Filter = 'reflect' | 'mirror';

/** The pole of the cubic B-spline, √3 - 2. */
const POLE = -0.2679491924311227;
/** Samples after which what lies beyond is less than the rounding of float64. */
export const REACH = Math.ceil(Math.log(1e-18) / Math.log(-POLE));
/** Repetitions that SciPy filters with where the edge repeats. */
const EDGE = 12;

/** Places of `m` samples on an axis of `n` as SciPy 1.17's `zoom` rounds them: both span the same box (`grid_mode=True`), or end on the same samples. */
export function gridPlaces(n: number, m: number, grid: 'half-pixel' | 'corners'): Float64Array {
  const [half, step] = grid === 'half-pixel' ? [0.5, n / m] : [0, m > 1 ? (n - 1) / (m - 1) : 1];
  return Float64Array.from({ length: m }, (_, j) => (j + half) * step - half);
}

/** @param places of the new samples, in voxels of the old ones @returns what SciPy 1.17's `map_coordinates` does along one axis */
export function splineAxis(
  n: number,
  places: Float64Array,
  order: SplineOrder,
  beyond: Beyond = 'nearest',
): SplineAxis {
  const edge = order === 3 && beyond === 'nearest' ? EDGE : 0;
  const taps = order + 1;
  const length = n + 2 * edge;
  const indices = new Int32Array(places.length * taps);
  const weights = new Float64Array(places.length * taps);
  places.forEach((place, j) => {
    const at = within(place + edge, length, beyond);
    if (at === undefined) return;
    const first = order === 0 ? Math.floor(at + 0.5) : Math.floor(at) - (order >> 1);
    for (let t = 0; t < taps; t++)
      indices[j * taps + t] = folded(first + t, length, beyond === 'constant' ? 'mirror' : beyond);
    weights.set(splineWeights(at - Math.floor(at), order), j * taps);
  });
  const filter = order === 3 && length > 1 ? (beyond === 'constant' ? 'mirror' : 'reflect') : undefined;
  return { n, before: edge, after: edge, filter, taps, indices, weights };
}

/** Cubic convolution without a filter, as torch 2.13 interpolates pictures (`bicubic`; R. Keys, 1981, with a = -0.75). @param beyond mirrors at the middles too */
export function bicubicAxis(n: number, places: Float64Array, beyond: Beyond | 'mirror'): SplineAxis {
  const indices = new Int32Array(places.length * 4);
  const weights = new Float64Array(places.length * 4);
  places.forEach((place, j) => {
    const below = Math.floor(place);
    bicubicWeights(place - below).forEach((weight, t) => {
      const index = below - 1 + t;
      const isOutside = index < 0 || index >= n;
      if (beyond === 'constant' && isOutside) return;
      indices[4 * j + t] = folded(index, n, beyond === 'constant' ? 'nearest' : beyond);
      weights[4 * j + t] = weight;
    });
  });
  return { n, before: 0, after: 0, taps: 4, indices, weights };
}

function bicubicWeights(t: number): number[] {
  const a = -0.75;
  const near = (x: number) => ((a + 2) * x - (a + 3)) * x * x + 1;
  const far = (x: number) => ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return [far(t + 1), near(t), near(1 - t), far(2 - t)];
}

/** An axis that keeps its samples. */
export function sameAxis(n: number): SplineAxis {
  return splineAxis(n, Float64Array.from({ length: n }, (_, j) => j), 0); // prettier-ignore
}

/** The place on the axis that stands for one beyond it; undefined for zeros. */
function within(place: number, n: number, beyond: Beyond): number | undefined {
  // Where the edge repeats, SciPy repeats it for each sample that is summed.
  if (beyond === 'nearest' || (place >= 0 && place <= n - 1)) return place;
  if (beyond === 'constant') return undefined;
  const turns = Math.floor((place + 0.5) / n);
  const rest = place - turns * n;
  return turns % 2 === 0 ? rest : n - 1 - rest;
}

function folded(index: number, n: number, beyond: 'nearest' | Filter): number {
  if (index >= 0 && index < n) return index;
  if (beyond === 'nearest' || n === 1) return index < 0 ? 0 : n - 1;
  const period = beyond === 'mirror' ? 2 * n - 2 : 2 * n;
  const at = ((index % period) + period) % period;
  return at < n ? at : period - at - (beyond === 'mirror' ? 0 : 1);
}

/** @param t of a voxel, from the sample below */
function splineWeights(t: number, order: SplineOrder): number[] {
  if (order === 0) return [1];
  const u = 1 - t;
  const weights =
    order === 1
      ? [u]
      : [(u * u * u) / 6, (t * t * (t - 2) * 3 + 4) / 6, (u * u * (u - 2) * 3 + 4) / 6];
  return [...weights, weights.reduce((rest, weight) => rest - weight, 1)];
} // prettier-ignore

/** The part of an axis that new samples from `from` to before `to` are made of, with what the filter reaches: the same to the last bit or so. */
export function partOf(axis: SplineAxis, from: number, to: number): SplineAxis & { first: number } {
  const used = axis.indices.subarray(from * axis.taps, to * axis.taps);
  const length = axis.before + axis.n + axis.after;
  const reach = axis.filter ? REACH : 0;
  const first = Math.max(0, used.reduce((a, b) => Math.min(a, b)) - reach); // prettier-ignore
  const end = Math.min(length, used.reduce((a, b) => Math.max(a, b)) + reach + 1); // prettier-ignore
  const weights = axis.weights.subarray(from * axis.taps, to * axis.taps);
  return { ...axis, first, before: 0, after: 0, n: end - first, indices: used.map((index) => index - first), weights };
}

/** Numbers of {@link filterTable}. */
export const FILTER_TABLE = 102;

/**
 * The form in which the SIMD code reads an axis' filter: how many there are and the gain, then the pole, weights of the last two samples for its end, and
 * of the first samples for its begin (P. Thévenaz's for `reflect`, as in SciPy's ni_splines.c; those for `mirror` are in the paper named there).
 */
export function filterTable({ n, before, after, filter }: SplineAxis): Float64Array {
  const table = new Float64Array(FILTER_TABLE);
  if (!filter) return table.fill(1, 1, 2);
  const z = POLE;
  const length = before + n + after;
  const count = length <= 2 * REACH ? length : REACH;
  const far = z ** (filter === 'reflect' ? length : length - 1);
  const begin = table.subarray(6, 6 + count);
  for (let i = 0; i < length; i++) {
    const share = z ** i;
    const mirrored = length - 1 - i;
    if (filter === 'mirror' && mirrored === 0) break;
    // SciPy sums up in place of the first sample, which comes last among the mirrored ones.
    if (i > 0 && mirrored === 0 && mirrored < count) begin.forEach((weight, at) => (begin[at] += weight * share * far));
    else if (mirrored < count) begin[mirrored] += share * far;
    if (i < count) begin[i] += share;
  }
  const scale = filter === 'reflect' ? z / (1 - far * far) : 1 / (1 - far * far);
  begin.forEach((weight, i) => (begin[i] = weight * scale + (filter === 'reflect' && i === 0 ? 1 : 0)));
  const end = filter === 'reflect' ? [z / (z - 1), 0] : [z / (z * z - 1), (z * z) / (z * z - 1)];
  table.set([1, (1 - z) * (1 - 1 / z), z, ...end, count]);
  return table;
}
