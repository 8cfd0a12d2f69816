import { findTransform } from '../../gateway/transforms/registry';
import type { TransformOptions } from '../../gateway/transforms/definition';
import { Sample, type RequestParams } from '../../gateway/transforms/sample';
import type { Volume } from '../../gateway/imaging/volume';

/** A sample with images already in it, or with files to load as `image`. */
export function sampleWith(
  volumes: Record<string, Volume> = {},
  params: RequestParams = {},
  ...files: (string | undefined)[]
): Sample {
  const sent = files.flatMap((path) => (path ? [{ path, name: path.split('/').at(-1)! }] : []));
  const sample = new Sample(new Map(sent.length > 0 ? [['image', sent]] : []), params);
  for (const [field, volume] of Object.entries(volumes)) sample.volumes.set(field, volume);
  return sample;
}

/** Arguments as the transform gets them: checked, and checked again, since a stored model is read twice. */
export function checkedArgs(name: string, args: unknown): unknown {
  const definition = findTransform(name);
  if (!definition) throw new Error(`no transform ${name}`);
  return definition.args.parse(definition.args.parse(args));
}

/** Runs one step. */
export async function run(
  sample: Sample,
  name: string,
  args: unknown,
  resampling: TransformOptions['resampling'] = 'half-pixel',
): Promise<void> {
  await findTransform(name)!.apply(sample, checkedArgs(name, args), { resampling });
}

/** The mask of the golden programs: stripes within the middle of the array, without rounding. */
export function pattern([nx, ny, nz]: readonly number[]): Volume {
  const data = new Uint8Array(nx * ny * nz);
  let at = 0;
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++) {
        const inside = i * 5 > nx && j * 7 > ny && k * 9 > nz;
        data[at++] = inside && (i * 7 + j * 5 + k * 3) % 11 < 4 ? 1 : 0;
      }
    }
  }
  return { data, shape: [nx, ny, nz], strides: [1, nx, nx * ny], axes: 'XYZ', properties: {} };
}

/** Network output of which `mask` is the argmax: channel 0 is 0.5, channel 1 the mask. */
export function scoresOf(mask: Volume): Volume {
  const size = mask.data.length;
  const data = new Float32Array(2 * size).fill(0.5, 0, size);
  data.set(mask.data, size);
  return { ...mask, data, shape: [2, ...mask.shape], strides: [size, ...mask.strides], axes: 'CXYZ' };
}
