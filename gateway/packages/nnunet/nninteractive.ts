import { z } from 'zod';
import { isRecord } from '../../config/findings';
import { nninteractiveShape, type NninteractiveSection } from '../../config/nninteractive/section';
import { inherited, parsed, PlansError } from '../../config/nnunet/plans';

/** Files beside plans.json that tell nnInteractive's networks from those of nnU-Net; the second one of older ones. */
export const INFO_FILES = ['inference_info.json', 'inference_session_class.json'] as const;

/** The version of nnInteractive whose results ours equal. */
const VERSION = [2, 6, 0];
/** Of checkpoints from before `inference_info.json`, whose file is the name of a class alone. */
const OLD_DECAY = 0.9;

const infoSchema = z.looseObject({
  ...nninteractiveShape,
  inference_class: z.literal('nnInteractiveInferenceSession').default('nnInteractiveInferenceSession'),
  inference_class_min_version: z.string().nullish(),
  pad_mode_image: z.literal('constant').default('constant'),
});

/** @param given the parsed file @throws PlansError naming what is wrong */
export function readInfo(given: unknown, file: string): NninteractiveSection {
  const read = parsed(infoSchema, typeof given === 'string' ? { interaction_decay: OLD_DECAY } : given, file);
  const least = (read.inference_class_min_version ?? '').match(/\d+/g)?.map(Number) ?? [];
  const at = least.findIndex((part, d) => part !== (VERSION[d] ?? 0));
  if (at >= 0 && least[at] > (VERSION[at] ?? 0))
    throw new PlansError(`${file}: it needs nnInteractive ${read.inference_class_min_version}, and this server does what ${VERSION.join('.')} does`);
  return Object.fromEntries(Object.keys(nninteractiveShape).map((key) => [key, read[key]])) as NninteractiveSection;
} // prettier-ignore

/** Plans and dataset.json with what counts for prompts: images are neither resampled nor does a label of training matter. */
export function plansOfPrompts(plans: unknown, configuration: string): { plans: Record<string, unknown>; dataset: Record<string, unknown> } {
  const { dataset_name, plans_name, configurations } = isRecord(plans) ? plans : {};
  if (!isRecord(configurations)) throw new PlansError('plans.json has no configurations');
  const { patch_size, spacing, ...more } = inherited({ configurations: configurations as Record<string, Record<string, unknown>> }, configuration);
  const none = 'no_resampling_hack';
  const own = {
    ...more, patch_size, spacing, preprocessor_name: 'DefaultPreprocessor', previous_stage: null,
    normalization_schemes: ['NoNormalization'], use_mask_for_norm: [false],
    resampling_fn_data: none, resampling_fn_data_kwargs: {}, resampling_fn_probabilities: none, resampling_fn_probabilities_kwargs: { order: 1 },
    resampling_fn_seg: none, resampling_fn_seg_kwargs: { order: 1 },
  };
  const order = [0, 1, 2];
  return {
    plans: { dataset_name, plans_name, image_reader_writer: 'SimpleITKIO', label_manager: 'LabelManager', transpose_forward: order, transpose_backward: order, configurations: { [configuration]: own } },
    dataset: { channel_names: { 0: 'image' }, labels: { background: 0, object: 1 } },
  };
} // prettier-ignore
