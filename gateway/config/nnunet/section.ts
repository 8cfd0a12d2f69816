import { z } from 'zod';
import { nninteractiveShape } from '../nninteractive/section';

const stageShape = {
  /** Name of the configuration in the plans. */
  configuration: z.string(),
  /** plans.json. */
  plans: z.record(z.string(), z.unknown()),
  /** Name of nnU-Net's trainer. @default unknown */
  trainer: z.string().default('unknown'),
  /** Sets of weights in the network; their scores are averaged. @default 1 */
  folds: z.int().min(1).max(100).default(1),
  /** Share of a window by which the next one is moved. @default 0.5 */
  step: z.number().gt(0).max(1).default(0.5),
  /** Of the convolutions. @default fp32 */
  precision: z.enum(['fp32', 'fp16']).default('fp32'),
  /** Numbers that the network of one fold has learnt. @default unknown */
  parameters: z.int().min(1).optional(),
  /** Axes of the patch that the graph mirrors. @default unknown */
  mirrored: z.array(z.int().min(0).max(2)).max(3).optional(),
};
const stage = z.strictObject(stageShape);
const memberShape = {
  ...stageShape,
  /** The first stage, where the configuration is the second one of a cascade. */
  first_stage: stage.optional(),
};

/** The section that the gateway writes for a results folder of nnU-Net, with the plans and the dataset.json as they are. */
export const nnunetSchema = z.strictObject(
  {
    ...memberShape,
    /** dataset.json. */
    dataset: z.record(z.string(), z.unknown()),
    /** Further networks, whose probabilities are averaged with those of the first. @default none */
    ensemble: z.array(z.strictObject(memberShape)).max(20).default([]),
    /** Lists of labels of which the largest component stays, as postprocessing.json has them. @default none */
    keep_largest: z.array(z.array(z.int().min(1).max(65535)).min(1)).default([]),
    /** For a network of nnInteractive: its prompts. @default the network of a segmentation */
    nninteractive: z.strictObject(nninteractiveShape).optional(),
  },
  { error: 'an object with configuration, plans and dataset' },
);

export type NnunetSection = z.output<typeof nnunetSchema>;
export type StageSection = z.output<typeof stage>;
export type MemberSection = StageSection & { first_stage?: StageSection };

/** The networks whose scores count. */
export const membersOf = (section: NnunetSection): MemberSection[] => [section, ...section.ensemble];

/** All networks of a model, in the order in which they lie in its file: a first stage before its second one. */
export const stagesOf = <S>(members: readonly (S & { first_stage?: S })[]): S[] =>
  members.flatMap((member) => (member.first_stage ? [member.first_stage, member] : [member]));
