import type { ModelSpec } from '../../model-spec';
import { nninteractiveInferer, promptChannels, type NninteractiveSection } from '../nninteractive/section';
import { readLabels } from '../labels';
import type { Reading } from '../reading';
import { cacheableSteps, readWriter, resolve } from '../transform-steps';
import { PlansError, type Configuration } from './plans';
import type { ReadModel } from './read-model';
import type { NnunetSection } from './section';
import { IMAGE, MASK } from './stages';

/** Its output: background and the object. */
const HEADS = 2;

/** A results folder of nnInteractive: its network answers prompts, on the image's own grid. */
export function readNninteractive(config: Record<string, unknown>, section: NnunetSection & { nninteractive: NninteractiveSection }, { configuration, plans }: ReadModel, reading: Reading): ModelSpec {
  const { findings, name } = reading;
  const patch = patchOf(configuration);
  const steps = [['NnunetLoadd', { keys: [IMAGE] }], ['NninteractiveNormalized', { keys: [IMAGE] }]] as const;
  const pre = steps.flatMap(([step, args], at) => resolve('transform', step, args, ['nnunet', 'pre', at], reading) ?? []);
  const inferer = nninteractiveInferer(section.nninteractive, patch);
  const { description, version } = config;
  const { parameters, trainer } = section;
  return {
    name,
    type: 'deepgrow',
    ...readLabels(config.labels ?? ['object'], ['labels'], findings, 'background'),
    description: typeof description === 'string' ? description : `nnInteractive ${section.configuration}, trained on ${plans.dataset_name || 'a dataset'} (${trainer})`,
    version: typeof version === 'string' || typeof version === 'number' ? String(version) : '1',
    dialect: 'nnunet',
    pre,
    cacheableSteps: cacheableSteps(pre, undefined, reading),
    inference: { inferer, inputs: [{ tensor: 'input', field: IMAGE }], outputs: [{ tensor: 'logits', field: MASK }] },
    post: [],
    writer: config.writer === undefined ? { name: 'Writer', args: { image: MASK } } : readWriter(config.writer, ['writer'], reading),
    triton: {
      max_batch_size: 1,
      input: [{ name: 'input', data_type: 'TYPE_FP32', dims: [1 + inferer.promptChannels, ...patch] }],
      output: [{ name: 'logits', data_type: 'TYPE_FP32', dims: [HEADS, ...patch] }],
    },
    info: { deepgrow: '3D' },
    about: [
      `Network: nnInteractive, patch of ${patch.join(' × ')} voxels, ${promptChannels(section.nninteractive)} channels of prompts${parameters === undefined ? '' : `, ${parameters} parameters`}`,
      `Prompts: ${Object.entries(inferer.supported).flatMap(([kind, isKnown]) => (isKnown ? [kind] : [])).join(', ')}`,
    ],
    warnings: findings.warnings,
  };
} // prettier-ignore

/** @throws PlansError for a network of slices */
function patchOf({ patch_size: patch }: Configuration): [number, number, number] {
  if (patch.length !== 3) throw new PlansError(`nnInteractive's networks take volumes, and the patch has ${patch.length} axes`);
  return [patch[0], patch[1], patch[2]];
} // prettier-ignore
