import type { Volume } from '../../gateway/imaging/volume';
import { lastAxisFastest } from '../../gateway/imaging/volume';

/** The volume of the golden programs, `(flat index * 37) % 101` in C order, as a loader gives it: spacing in mm, files' properties. */
export function rampVolume(shape: readonly number[], spacing: readonly number[] = [1, 1, 1]): Volume<Float32Array> {
  const [nx, ny, nz] = shape;
  const data = new Float32Array(nx * ny * nz);
  const inC = lastAxisFastest(shape);
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++) data[i + nx * (j + ny * k)] = ((i * inC[0] + j * inC[1] + k) * 37) % 101;
    }
  }
  const affine = [spacing[0], 0, 0, 0, 0, spacing[1], 0, 0, 0, 0, spacing[2], 0, 0, 0, 0, 1];
  return {
    data,
    shape,
    strides: [1, nx, nx * ny],
    axes: 'XYZ',
    affine,
    properties: { originalShape: [...shape], originalAffine: affine, asCanonical: false },
  };
}

/** The prediction of the golden program, one channel: stripes that need no rounding. */
export function stripes(shape: readonly number[]): Volume<Uint8Array> {
  const size = shape.reduce((a, b) => a * b, 1);
  const strides = lastAxisFastest(shape);
  const data = Uint8Array.from({ length: size }, (_, at) => {
    const [a, b, c = 0] = shape.map((n, d) => Math.floor(at / strides[d]) % n);
    return (a * 5 + b * 3 + c * 7) % 11 < 4 ? 1 : 0;
  });
  const axes = shape.length === 3 ? 'CZXY' : 'CXY';
  return { data, shape: [1, ...shape], strides: [size, ...strides], axes, properties: {} };
}
