import { ImageError } from './image-error';
import { copyStrided } from './ops/copy/blocks';
import { channelAxis, firstAxisFastest, spatialAxes } from './volume';
import type { Affine, NumericArray, Volume } from './volume';
import { say } from '../sentence';

export const IDENTITY: Affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

/** Where each voxel axis goes: `axis` is the world (or new voxel) axis it runs along, `sign` -1 when it runs against it. */
export type Orientation = readonly { axis: number; sign: 1 | -1 }[];

/** The orientation that changes nothing. */
export const UNTURNED: Orientation = [0, 1, 2].map((axis) => ({ axis, sign: 1 as const }));

/** Lengths of the axes X, Y and Z in voxels; 1 for an axis that the volume does not have. */
export const lengthsXYZ = ({ axes, shape }: Volume) => [...'XYZ'].map((letter) => shape[axes.indexOf(letter)] ?? 1);

/** a · b */
export function multiply(a: Affine, b: Affine): Affine {
  return Array.from({ length: 16 }, (_, i) => {
    const [row, column] = [i - (i % 4), i % 4];
    return a[row] * b[column] + a[row + 1] * b[4 + column] + a[row + 2] * b[8 + column] + a[row + 3] * b[12 + column];
  });
}

/** The point (x, y, z) carried by the affine: voxel index -> RAS mm. */
export function applyAffine(affine: Affine, [x, y, z]: readonly number[]): number[] {
  return [0, 4, 8].map((row) => affine[row] * x + affine[row + 1] * y + affine[row + 2] * z + affine[row + 3]);
}

/** The matrix with another translation. */
export const withOrigin = (matrix: Affine, origin: readonly number[]): Affine =>
  matrix.map((value, i) => (i < 12 && i % 4 === 3 ? origin[i >> 2] : value));

/** RAS mm -> voxel index. @throws ImageError when the axes do not span space */
export function invert(affine: Affine): Affine {
  const [a, b, c, x, d, e, f, y, g, h, i, z] = affine;
  const [p, q, r] = [e * i - f * h, f * g - d * i, d * h - e * g];
  const determinant = a * p + b * q + c * r;
  if (!determinant) throw new ImageError('unreadable', say`the affine cannot be inverted: [${affine.join(', ')}]`);
  const inverse = [p, c * h - b * i, b * f - c * e, q, a * i - c * g, c * d - a * f, r, b * g - a * h, a * e - b * d];
  const rows = [0, 3, 6].map((row) => {
    const [u, v, w] = inverse.slice(row, row + 3).map((value) => value / determinant);
    return [u, v, w, -(u * x + v * y + w * z)];
  });
  return [...rows.flat(), 0, 0, 0, 1];
}

/** Voxel size in mm along each axis: the lengths of the columns. */
export function spacingOf(affine: Affine): [number, number, number] {
  const length = (column: number) => Math.sqrt(affine[column] ** 2 + affine[4 + column] ** 2 + affine[8 + column] ** 2);
  return [length(0), length(1), length(2)];
}

/** The largest cosine between two of the axes: 0 at right angles. */
export function shearOf(affine: Affine): number {
  const sizes = spacingOf(affine).map((size) => size || 1);
  const cosine = (a: number, b: number) =>
    Math.abs([0, 4, 8].reduce((sum, row) => sum + affine[row + a] * affine[row + b], 0)) / (sizes[a] * sizes[b]);
  return Math.max(cosine(0, 1), cosine(0, 2), cosine(1, 2));
}

/** The largest distance between the places of one voxel under two affines, in their unit: at a corner. @param shape voxels along each axis */
export function largestDistance(a: Affine, b: Affine, shape: readonly number[]): number {
  const ends = [0, 1, 2].map((d) => [0, (shape[d] ?? 1) - 1]);
  let largest = 0;
  for (const x of ends[0])
    for (const y of ends[1])
      for (const z of ends[2]) {
        const [p, q] = [applyAffine(a, [x, y, z]), applyAffine(b, [x, y, z])];
        largest = Math.max(largest, Math.hypot(...p.map((value, d) => value - q[d])));
      }
  return largest;
}

/** True when both map every voxel to the same place, up to rounding (numpy's allclose, absolute tolerance in mm). */
export function sameAffine(a: Affine, b: Affine, tolerance = 1e-4): boolean {
  return a.every((value, i) => Math.abs(value - b[i]) <= tolerance + 1e-5 * Math.abs(b[i]));
}

/**
 * The orthogonal factor of a 3x3 matrix (row-major, 9 numbers): the rotation or reflection nearest to it. Directions of vanishing
 * singular value are left out. One-sided Jacobi: rotate columns pairwise until they are orthogonal (M·V = U·Σ), then U·Vᵀ.
 */
export function polarFactor(matrix: readonly number[]): number[] {
  const m = [...matrix];
  const v = [1, 0, 0, 0, 1, 0, 0, 0, 1];
  const dot = (p: number, q: number) => m[p] * m[q] + m[p + 3] * m[q + 3] + m[p + 6] * m[q + 6];
  for (let sweep = 0; sweep < 30; sweep++) {
    for (const [p, q] of [[0, 1], [0, 2], [1, 2]]) {
      const mixed = dot(p, q);
      if (Math.abs(mixed) <= Number.EPSILON * Math.sqrt(dot(p, p) * dot(q, q))) continue;
      const half = (dot(q, q) - dot(p, p)) / (2 * mixed);
      const tangent = (half < 0 ? -1 : 1) / (Math.abs(half) + Math.hypot(1, half));
      const cosine = 1 / Math.hypot(1, tangent);
      const sine = tangent * cosine;
      for (const columns of [m, v]) {
        for (const row of [0, 3, 6]) {
          const [left, right] = [columns[row + p], columns[row + q]];
          columns[row + p] = cosine * left - sine * right;
          columns[row + q] = sine * left + cosine * right;
        }
      }
    }
  } // prettier-ignore
  const sizes = [0, 1, 2].map((c) => Math.sqrt(dot(c, c)));
  const tolerance = Math.max(...sizes) * 3 * Number.EPSILON;
  return Array.from({ length: 9 }, (_, i) => {
    const [row, column] = [i - (i % 3), i % 3];
    return sizes.reduce((sum, size, k) => (size > tolerance ? sum + (m[row + k] / size) * v[3 * column + k] : sum), 0);
  });
}

/** The closest permutation and flips to RAS+ axes (nibabel's `io_orientation`). @throws ImageError when a voxel axis has no direction */
export function ioOrientation(affine: Affine): Orientation {
  const spacing = spacingOf(affine).map((size) => size || 1);
  const rotation = polarFactor([0, 4, 8].flatMap((row) => [0, 1, 2].map((c) => affine[row + c] / spacing[c])));
  const along = (column: number) => [0, 1, 2].map((row) => Math.abs(rotation[3 * row + column]));
  const orientation = new Array<Orientation[number]>(3);
  // The most certain axis first, as nibabel 5.4 has it: the others take what is left.
  for (const column of [0, 1, 2].sort((a, b) => Math.max(...along(b)) - Math.max(...along(a)))) {
    const sizes = along(column);
    const axis = sizes.indexOf(Math.max(...sizes));
    if (!(sizes[axis] > 1e-8))
      throw new ImageError('unreadable', say`the affine has no orientation: [${affine.join(', ')}]`);
    const sign = rotation[3 * axis + column] < 0 ? -1 : 1;
    rotation.fill(0, 3 * axis, 3 * axis + 3);
    orientation[column] = { axis, sign };
  }
  return orientation;
}

/** The orientation that turns an array of orientation `from` into one of orientation `to`. */
export function orientationBetween(from: Orientation, to: Orientation): Orientation {
  return from.map(({ axis, sign }) => {
    const target = to.findIndex((candidate) => candidate.axis === axis);
    return { axis: target, sign: sign === to[target].sign ? 1 : -1 };
  });
}

/** The orientation that undoes a turn. */
export const inverseOrientation = (turn: Orientation): Orientation => orientationBetween(UNTURNED, turn);

/**
 * Flips and permutes the spatial axes (X, Y, Z in this order are the old axes; old axis d becomes new axis `orientation[d].axis`) and
 * moves the affine along, so that every voxel stays where it is in the world. Voxels are copied once, new x fastest, channels slowest;
 * the identity copies nothing. Axis letters keep their places: a `CXYZ` volume stays `CXYZ`.
 */
export function applyOrientation(volume: Volume, orientation: Orientation): Volume {
  if (orientation.every(({ axis, sign }, d) => axis === d && sign === 1)) return volume;
  const spatial = spatialAxes(volume);
  if (spatial.length === 2 && orientation[2].axis !== 2) {
    throw new ImageError('unsupported', say`a 2-D image whose plane is not axial cannot be reoriented to RAS axes`);
  }
  const lengths = [0, 1, 2].map((d) => (d < spatial.length ? volume.shape[spatial[d]] : 1));

  const from = spatial.map((_, axis) => orientation.findIndex((old) => old.axis === axis));
  const channel = channelAxis(volume);
  const shape = from.map((d) => lengths[d]).concat(channel < 0 ? [] : volume.shape[channel]);
  const strides = from
    .map((d) => orientation[d].sign * volume.strides[spatial[d]])
    .concat(channel < 0 ? [] : volume.strides[channel]);
  const first = from.reduce(
    (at, d, axis) => (orientation[d].sign < 0 ? at + (lengths[d] - 1) * Math.abs(strides[axis]) : at),
    0,
  );

  const data = copyStrided(volume.data, first, shape, strides) as NumericArray;
  const packed = firstAxisFastest(shape);
  const place = (values: readonly number[]) =>
    [...volume.axes].map((axis) => values[axis === 'C' ? spatial.length : 'XYZ'.indexOf(axis)]);
  return {
    ...volume,
    data,
    shape: place(shape),
    strides: place(packed),
    affine: volume.affine && reorientedAffine(volume.affine, orientation, lengths),
  };
}

/** The affine of an array of `lengths` voxels after its axes were flipped and permuted by `orientation`. */
export function reorientedAffine(affine: Affine, orientation: Orientation, lengths: readonly number[]): Affine {
  const newToOld = new Array<number>(16).fill(0);
  newToOld[15] = 1;
  for (const [d, { axis, sign }] of orientation.entries()) {
    newToOld[4 * d + axis] = sign;
    if (sign < 0) newToOld[4 * d + 3] = lengths[d] - 1;
  }
  return multiply(affine, newToOld);
}

/** The affine a file of affine `original` has after `closestCanonical`, from the shape it has then. */
export function canonicalAffine(original: Affine, canonicalShape: readonly number[]): Affine {
  const orientation = ioOrientation(original);
  return reorientedAffine(
    original,
    orientation,
    orientation.map(({ axis }) => canonicalShape[axis] ?? 1),
  );
}

/**
 * The volume in the axes closest to RAS+ (nibabel's `as_closest_canonical`); `properties.asCanonical` is set, `originalAffine` kept.
 * A volume without affine, and one that is canonical already, is returned with its data untouched.
 */
export function closestCanonical(volume: Volume): Volume {
  const turned = volume.affine ? applyOrientation(volume, ioOrientation(volume.affine)) : volume;
  const originalAffine = volume.properties.originalAffine ?? volume.affine;
  return { ...turned, properties: { ...volume.properties, originalAffine, asCanonical: true } };
}

/** Undoes `closestCanonical`: back to the axes of `originalAffine`, which becomes the affine exactly. */
export function revertCanonical(volume: Volume, originalAffine: Affine): Volume {
  if (!volume.affine) return volume;
  const back = orientationBetween(ioOrientation(volume.affine), ioOrientation(originalAffine));
  return {
    ...applyOrientation(volume, back),
    affine: originalAffine,
    properties: { ...volume.properties, asCanonical: false },
  };
}
