import { z } from 'zod';
import type { NnunetInferer, TransformStep } from '../../model-spec';
import { imagesOf } from '../../transforms/definition';
import type { ConfigPath } from '../findings';
import type { Reading } from '../reading';
import { readSection } from '../section';
import { count, number, optional } from '../values';

/** The class by which configs of version 4 name nnU-Net's predictor. */
export const NNUNET_INFERENCE = 'NnunetInference';

const share = { error: 'a number above 0, up to 1' };
const labelValue = { error: 'a label from 1 to 65535' };
const patch = { error: 'a list of 2 or 3 patch sizes' };

const resampling = z.strictObject(
  {
    order: z.union([z.literal(0), z.literal(1)], { error: '0 or 1' }).default(1),
    force_separate_z: z.boolean({ error: 'true, false or null' }).nullable().default(null),
    threshold: number.refine((value) => typeof value === 'number' && value > 0, { error: 'a number above 0' }).default(3),
    torch: z.boolean({ error: 'true or false' }).optional(),
  },
  { error: 'an object such as { "order": 1 }, or null where scores lie on the grid of the image' },
); // prettier-ignore

/** Its arguments; the image has to come from NnunetPreprocessd. */
export const nnunetArgs = z.strictObject({
  /** Voxels of a window, axes as NnunetPreprocessd leaves them. */
  patch_size: z.array(count, patch).min(2, patch).max(3, patch),
  /** Scores of each network: labels with the background, or regions. */
  heads: count,
  /** Networks in the model, whose scores follow each other. @default 1 */
  folds: optional(count),
  /** The label that each head writes where its probability is above 0.5. @default the highest head is the label */
  regions: optional(z.array(z.int(labelValue).min(1, labelValue).max(65535, labelValue))),
  /** Share of a window by which the next one is moved. @default 0.5 */
  step: optional(number.refine((value) => typeof value === 'number' && value > 0 && value <= 1, share)),
  /** Windows of a request. @default 1 */
  batch_size: optional(count),
  /** How scores are brought to the image's grid. @default order 1, separately across thick slices */
  resampling: resampling.nullable().default({ order: 1, force_separate_z: null, threshold: 3 }),
});

/** @param pre the steps before it @param field of the image */
export function nnunetInferer(args: unknown, { pre, field }: { pre: readonly TransformStep[]; field: string }, path: ConfigPath, reading: Reading): NnunetInferer {
  const { findings, catalogue } = reading;
  const isPrepared = pre.some((step) => step.name === 'NnunetPreprocessd' && imagesOf(catalogue.find(step.name), step.args).includes(field));
  if (!isPrepared) findings.add(['pre_transforms'], undefined, `NnunetPreprocessd on the field "${field}", which ${NNUNET_INFERENCE} takes its image from`);
  const read = readSection(nnunetArgs, args ?? {}, path, findings);
  const { patch_size = [1, 1], heads = 1, folds = 1, regions, step = 0.5, batch_size = 1 } = read ?? {};
  if (regions && regions.length !== heads) findings.add([...path, 'regions'], regions, `a label for each of ${heads} heads`);
  return { kind: 'nnunet', patch: patch_size, step, batchSize: batch_size, folds, heads, ...(regions && { regions }), resampling: read?.resampling ?? null };
} // prettier-ignore
