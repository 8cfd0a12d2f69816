import type { NumericArray, Volume } from '../../volume';
import { cutBox } from '../crop/boxes';
import { perType } from './per-type';

/** numpy's modes of padding in which the values of each line of voxels say what stands beyond its ends. */
export const lineModes = ['minimum', 'maximum', 'mean', 'median', 'linear_ramp'] as const;
export type LineMode = (typeof lineModes)[number];

/**
 * Pads with the least, largest, mean or middle value of each line, or with a ramp from its ends to 0, one axis after the other: lines of a later
 * axis hold what was padded along those before it (numpy 2.4 `pad`). Of integers the mean is rounded half to even and a ramp cut down.
 * @param before voxels in front per axis of the volume
 * @param after voxels at the end
 * @returns last axis fastest, the affine moved along
 */
export function padByLine(volume: Volume, before: readonly number[], after: readonly number[], mode: LineMode): Volume {
  const shape = volume.shape.map((n, d) => before[d] + n + after[d]);
  if (shape.every((n, d) => n === volume.shape[d])) return volume;
  const padded = cutBox(volume, before.map((n) => 0 - n), shape); // prettier-ignore
  const { data, strides } = padded;
  const whole = !data.constructor.name.startsWith('Float');
  const fill = fillEnds(data);
  for (const [d, n] of volume.shape.entries()) {
    if (before[d] + after[d] === 0) continue;
    // Axes before this one are padded already, those after it are not.
    const lengths = shape.map((length, e) => (e === d ? 1 : e < d ? length : volume.shape[e]));
    const start = before.reduce((at, width, e) => at + (e > d ? width * strides[e] : 0), 0);
    forEachLine(lengths, strides, (at) =>
      fill(data, start + at + before[d] * strides[d], strides[d], n, before[d], after[d], mode, whole),
    );
  }
  return padded;
}

/** Calls with the element of every index of `lengths`. */
function forEachLine(lengths: readonly number[], strides: readonly number[], visit: (at: number) => void): void {
  const count = lengths.reduce((a, b) => a * b, 1);
  const index = lengths.map(() => 0);
  for (let n = 0, at = 0; n < count; n++) {
    visit(at);
    for (let d = lengths.length - 1; d >= 0; d--) {
      at += strides[d];
      if (++index[d] < lengths[d]) break;
      at -= strides[d] * lengths[d];
      index[d] = 0;
    }
  }
}

const fillEnds = perType(
  (data: NumericArray, at: number, step: number, n: number, before: number, after: number, mode: string, whole: boolean) => {
    if (mode === 'linear_ramp') {
      const [low, high] = [data[at], data[at + (n - 1) * step]];
      const part = (edge: number, i: number, width: number) => (whole ? Math.floor((edge * i) / width) : (edge * i) / width);
      for (let i = 0; i < before; i++) data[at - (before - i) * step] = part(low, i, before);
      for (let i = 0; i < after; i++) data[at + (n + after - 1 - i) * step] = part(high, i, after);
      return;
    }
    let value = mode === 'minimum' ? Infinity : mode === 'maximum' ? -Infinity : 0;
    if (mode === 'median') {
      const line = new Float64Array(n);
      for (let i = 0; i < n; i++) line[i] = data[at + i * step];
      line.sort();
      value = (line[(n - 1) >> 1] + line[n >> 1]) / 2;
    } else {
      for (let i = 0; i < n; i++) {
        const next = data[at + i * step];
        if (mode === 'mean') value += next / n;
        else if (mode === 'minimum' ? next < value : next > value) value = next;
      }
    }
    if (whole) {
      const floor = Math.floor(value);
      const rest = value - floor;
      value = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
    }
    for (let i = 1; i <= before; i++) data[at - i * step] = value;
    for (let i = 0; i < after; i++) data[at + (n + i) * step] = value;
  },
); // prettier-ignore
