import { z } from 'zod';
import { invert, multiply } from '../../imaging/geometry';
import { spatialLetters, type Volume } from '../../imaging/volume';
import { checkInside } from '../deepgrow/clicks';
import { requestPoints } from '../request-points';
import { RequestError, type RequestParams, type Sample } from '../sample';

/** Clicks by the name of the label they stand for, in the order of the network's channels. Points are in the order of the array's axes. */
export type LabelClicks = Record<string, number[][]>;

/** The labels of a DeepEdit model, in the order of its click channels: `{ "spleen": 1, "background": 0 }`, or only the names. */
export const labelNames = z
  .union([z.array(z.string().min(1)).min(1), z.record(z.string().min(1), z.unknown())], {
    error: 'expected the names of the labels, such as { "spleen": 1, "background": 0 }',
  })
  .transform((given) => (Array.isArray(given) ? given : Object.keys(given)))
  .refine((names) => names.length > 0, { error: 'expected at least one label' });

/**
 * The clicks of each label. A step before may have turned them (`sample.values`), else they are the request's, in voxels of the file.
 *
 * DeepEdit's own clients send `{ "spleen": [[i, j, k], ...], "background": [...] }`; AIAA's know `foreground` only, which is the label that
 * the parameter `label` names, or the only one that is no background. A label without clicks has an empty list: that is allowed.
 *
 * @throws RequestError for clicks outside the image, or `foreground` clicks of which nothing says the label
 */
export function clicksOfLabels(sample: Sample, names: readonly string[], image: Volume): LabelClicks {
  const { params, values } = sample;
  const clicked = foregroundLabel(params, names);
  const entries = names.map((name): [string, number[][]] => {
    if (values.has(name)) return [name, values.get(name) as number[][]];
    const sent = requestPoints(params, name, 3) ?? (name === clicked ? requestPoints(params, 'foreground', 3) : undefined);
    const points = sent ?? [];
    const shape = image.properties.originalShape;
    if (shape) checkInside(name, points, shape);
    return [name, points];
  });
  return Object.fromEntries(entries);
} // prettier-ignore

function foregroundLabel(params: RequestParams, names: readonly string[]): string | undefined {
  const clicks = requestPoints(params, 'foreground', 3);
  if (!clicks || clicks.length === 0 || names.includes('foreground')) return undefined;
  const organs = names.filter((name) => name !== 'background');
  if (typeof params.label === 'string' && names.includes(params.label)) return params.label;
  if (organs.length === 1) return organs[0];
  if (organs.some((name) => params[name] !== undefined)) return undefined;
  throw new RequestError(
    `"foreground" clicks do not say which label they are for: name it with "label", or send them as "${organs.join('", "')}"`,
  );
}

/** The clicks in `field`. @throws Error when no step made them */
export function labelClicksOf(sample: Sample, field: string): LabelClicks {
  const clicks = sample.values.get(field);
  if (!clicks) throw new Error(`there is no guidance in "${field}": AddGuidanceFromPointsDeepEditd must come first`);
  return clicks as LabelClicks;
}

/** Every click through `move`. */
export function movedClicks(clicks: LabelClicks, move: (point: number[]) => number[]): LabelClicks {
  return Object.fromEntries(Object.entries(clicks).map(([name, points]) => [name, points.map(move)]));
}

/**
 * Lengths of the file along the axes of the array as it lies now, turned or not. The reference takes the file's own order, so that it scales
 * clicks on a permuted image by the lengths of other axes; that is not followed.
 *
 * @throws Error for an image that is no volume from a file
 */
export function loadedLengths({ axes, affine, properties }: Volume, field: string): number[] {
  const { originalShape, originalAffine } = properties;
  if (spatialLetters({ axes }) !== 'XYZ')
    throw new Error(`clicks of labels need a volume in file order, "${field}" has the axes ${axes}`);
  if (!originalShape) throw new Error(`"${field}" has no original shape: it was not loaded from a file`);
  if (!affine || !originalAffine) return [...originalShape];
  const toFile = multiply(invert(originalAffine), affine);
  return [0, 1, 2].map((d) => {
    const along = [0, 4, 8].map((row) => Math.abs(toFile[row + d]));
    return originalShape[along.indexOf(Math.max(...along))];
  });
}
