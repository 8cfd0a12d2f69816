import { perAxis, volumeOf, type Box, type Three } from './boxes';

const { fround, min, max, floor } = Math;

/**
 * Trilinear interpolation with the float32 arithmetic of torch on processors with fused multiply-add (`interpolate(mode="trilinear")`, torch 2.14): equal to
 * the last bit, so that what lies halfway goes the same way.
 */
export interface Trilinear {
  /** Shapes of the whole input and output. */
  from: Three;
  to: Three;
  /** The part of the output that is wanted. */
  box: Box;
  /** Row (x, y) of the input along the last axis; undefined where it is all zeros. It is read before the next call. */
  row: (x: number, y: number) => Float32Array | undefined;
  /** Takes a plane of the output, rows of the box one after the other. It is read before the next call. */
  plane: (x: number, values: Float32Array) => void;
}

interface Mixed {
  low: number;
  high: number;
  /** Weights of `low` and `high`. */
  w0: number;
  w1: number;
}

/** Where output `index` lies in the input. */
function mixed(index: number, from: number, to: number): Mixed {
  if (from === to) return { low: index, high: index, w0: 1, w1: 0 };
  // The product of two float32 is exact in float64, so that one rounding is left.
  const place = max(0, fround(fround(from / to) * fround(index + 0.5) - 0.5));
  const low = min(floor(place), from - 1);
  const w1 = min(max(fround(place - low), 0), 1);
  return { low, high: low < from - 1 ? low + 1 : low, w0: fround(1 - w1), w1 };
}

export function interpolate({ from, to, box, row, plane }: Trilinear): void {
  const [xs, ys, zs] = perAxis((d) => {
    return Array.from({ length: box[d][1] - box[d][0] }, (_, n) => mixed(box[d][0] + n, from[d], to[d]));
  });
  const size = volumeOf([1, ys.length, zs.length]);
  const lows = Int32Array.from(zs, ({ low }) => low);
  const highs = Int32Array.from(zs, ({ high }) => high);
  const w0s = Float32Array.from(zs, ({ w0 }) => w0);
  const w1s = Float32Array.from(zs, ({ w1 }) => w1);

  /** A row of the input on the output's grid. */
  const alongZ = (x: number, y: number, out: Float32Array) => {
    const values = row(x, y);
    if (!values) return false;
    for (let z = 0; z < out.length; z++) out[z] = values[lows[z]] * w0s[z] + fround(values[highs[z]] * w1s[z]);
    return true;
  };
  /** A plane of the input on the output's grid. */
  const planeOf = (x: number, out: Float32Array): boolean => {
    const rows = [0, 1].map(() => ({ y: -1, values: new Float32Array(zs.length), any: false }));
    const rowOf = (y: number, other: number) => {
      const known = rows.find((one) => one.y === y);
      if (known) return known;
      const free = rows[0].y === other ? rows[1] : rows[0];
      return Object.assign(free, { y, any: alongZ(x, y, free.values) });
    };
    let any = false;
    out.fill(0);
    ys.forEach(({ low, high, w0, w1 }, y) => {
      const a = rowOf(low, high);
      const b = rowOf(high, low);
      if (!a.any && !b.any) return;
      any = true;
      const at = y * zs.length;
      const aValues = a.any ? a.values : zeros;
      const bValues = b.any ? b.values : zeros;
      for (let z = 0; z < zs.length; z++) out[at + z] = aValues[z] * w0 + fround(bValues[z] * w1);
    });
    return any;
  };
  const zeros = new Float32Array(zs.length);
  const planes = [0, 1].map(() => ({ x: -1, values: new Float32Array(size), any: false }));
  const wanted = (x: number, other: number) => {
    const known = planes.find((one) => one.x === x);
    if (known) return known;
    const free = planes[0].x === other ? planes[1] : planes[0];
    return Object.assign(free, { x, any: planeOf(x, free.values) });
  };
  const out = new Float32Array(size);
  xs.forEach(({ low, high, w0, w1 }, x) => {
    const a = wanted(low, high);
    const b = wanted(high, low);
    if (a.any || b.any) for (let n = 0; n < size; n++) out[n] = a.values[n] * w0 + fround(b.values[n] * w1);
    else out.fill(0);
    plane(box[0][0] + x, out);
  });
}
