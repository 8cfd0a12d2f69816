import { z } from 'zod';
import { extremePoints } from '../../imaging/ops/labels/extreme-points';
import { foregroundBox } from '../../imaging/ops/crop/foreground-box';
import { keysArguments, withoutEffect } from '../arguments';
import { singleChannel } from '../clara/fetch-extreme-points';
import { defineTransform } from '../definition';
import type { Sample } from '../sample';

const resultName = withoutEffect('metadata', z.string().min(1).default('result'));

/** The masks among `keys`, without channel axis. */
function masks(
  sample: Sample,
  { keys, allow_missing_keys: mayMiss }: { keys: readonly string[]; allow_missing_keys: boolean },
) {
  const present = mayMiss ? keys.filter((key) => sample.volumes.has(key)) : keys;
  return present.map((key) => singleChannel(sample.volume(key), key));
}

export const extremePointsd = defineTransform({
  name: 'ExtremePointsd',
  dialect: 'aiaa',
  summary:
    'Answers the outermost voxels of the mask along each axis, in the grid the mask has now; none for an empty mask.',
  source: 'transforms.md §7.3; ties as choice A11',
  args: z.strictObject({ ...keysArguments, result: resultName, points: z.string().min(1).default('points') }),
  yieldsPoints: ({ points }) => points,
  apply(sample, args) {
    for (const mask of masks(sample, args)) sample.result[args.points] = extremePoints(mask);
  },
});

export const boundingBoxd = defineTransform({
  name: 'BoundingBoxd',
  dialect: 'aiaa',
  summary:
    'Answers the box around the mask: lowest indices, and highest indices plus one; an empty list for an empty mask.',
  source: 'transforms.md §7.3 (three numbers per corner, unlike the quirk there)',
  args: z.strictObject({ ...keysArguments, result: resultName, bbox: z.string().min(1).default('bbox') }),
  apply(sample, args) {
    for (const mask of masks(sample, args)) {
      const box = foregroundBox(mask);
      sample.result[args.bbox] = box ? [box.first, box.last.map((index) => index + 1)] : [];
    }
  },
});
