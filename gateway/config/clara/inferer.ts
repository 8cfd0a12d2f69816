import { z } from 'zod';
import type { InfererSpec, PipelineInferer, ScanningWindowInferer } from '../../model-spec';
import type { TritonModelConfig } from '../../triton/model-config';
import type { ConfigPath } from '../findings';
import type { Reading } from '../reading';
import { readSection } from '../section';
import { count, flag, integer, nonEmptyText, number, optional } from '../values';

const windowText = 'a list of 2 or 3 window sizes';

export const claraRoi = z
  .array(count, { error: windowText })
  .min(2, { error: windowText })
  .max(3, { error: windowText });

/** MONAI reads 0 and -1 as "the whole axis". */
export const monaiRoi = z
  .array(integer, { error: windowText })
  .min(1, { error: windowText })
  .max(3, { error: windowText });

export const claraArgs = z.strictObject({
  scanning_window: optional(flag),
  batch_size: optional(count),
  roi: optional(claraRoi),
});

const overlap = number.refine((value) => typeof value !== 'number' || (value >= 0 && value < 1), {
  error: 'a fraction from 0 to less than 1',
});

const perAxis = <T extends z.ZodType>(one: T, error: string) =>
  z.union([one, z.array(one).min(1).max(3)], { error: `${error}, or a list with one for each axis` });

/** Arguments of a MONAI window beside its size (`transforms.md` §6.2). */
export const monaiWindow = {
  sw_batch_size: optional(count),
  overlap: optional(perAxis(overlap, 'a fraction from 0 to less than 1')),
  mode: optional(z.enum(['constant', 'gaussian'])),
  sigma_scale: optional(perAxis(number, 'a number')),
  padding_mode: optional(z.enum(['constant', 'reflect', 'replicate'])),
  cval: optional(number),
};

/** Where a tensor lives and how progress is shown: nothing a gateway in front of Triton could follow. */
const ofNoConcern = optional(z.unknown());

export const aiaaArgs = z.strictObject({
  scanning_window: optional(flag),
  batch_size: optional(count),
  roi: optional(monaiRoi),
  ...monaiWindow,
  device: ofNoConcern,
  sw_device: ofNoConcern,
  progress: ofNoConcern,
});

type MonaiWindow = { [K in keyof typeof monaiWindow]: z.output<(typeof monaiWindow)[K]> };

/** Clara 2.x and 3.x: windows by `transforms.md` §6.1. */
export function claraInferer(args: z.output<typeof claraArgs>, path: ConfigPath, { findings }: Reading): InfererSpec {
  if (!args.scanning_window) return { kind: 'simple' };
  if (!args.roi) findings.add([...path, 'roi'], undefined, `${windowText}, for scanning_window is true`);
  return scanningWindow('clara', args.roi ?? [], args.batch_size ?? 1, {});
}

/** Clara 4.x: windows by MONAI 0.5 to 0.8 (`transforms.md` §6.2), overlap 0.25 unless given. */
export function aiaaInferer(args: z.output<typeof aiaaArgs>, path: ConfigPath, { findings }: Reading): InfererSpec {
  if (!args.scanning_window) return { kind: 'simple' };
  if (!args.roi) findings.add([...path, 'roi'], undefined, `${windowText}, for scanning_window is true`);
  checkPerAxis(args, (args.roi ?? []).length, path, findings);
  return scanningWindow('monai-0', args.roi ?? [], args.sw_batch_size ?? args.batch_size ?? 1, args);
}

/** Adds a finding for each list that has another length than the window. */
export function checkPerAxis(args: Partial<MonaiWindow>, axes: number, path: ConfigPath, findings: Reading['findings']): void {
  for (const key of ['overlap', 'sigma_scale'] as const) {
    const value = args[key];
    if (Array.isArray(value) && value.length !== axes)
      findings.add([...path, key], value, `a number, or a list of ${axes}, one for each axis of the window`);
  }
} // prettier-ignore

export function scanningWindow(
  rule: ScanningWindowInferer['rule'],
  roi: number[],
  batchSize: number,
  { overlap = 0.25, mode = 'constant', sigma_scale = 0.125, padding_mode = 'constant', cval = 0 }: Partial<MonaiWindow>,
): ScanningWindowInferer {
  return {
    kind: 'scanning-window',
    rule,
    roi,
    batchSize,
    overlap,
    mode,
    sigmaScale: sigma_scale,
    paddingMode: padding_mode,
    cval,
  };
}

/**
 * The batches of a window inferer must fit the network: Triton refuses larger ones. The result does not depend on it.
 * Without a batch axis of Triton's own (`max_batch_size` 0) the first of rank + 2 axes is the batch.
 */
export function fitBatch(
  inferer: InfererSpec,
  { max_batch_size, input }: TritonModelConfig,
  { findings }: Reading,
): InfererSpec {
  if (inferer.kind !== 'scanning-window') return inferer;
  const dims = input[0]?.dims ?? [];
  const own = dims.length === inferer.roi.length + 2 ? dims[0] : 1;
  const limit = max_batch_size > 0 ? max_batch_size : own === -1 ? Infinity : own;
  if (inferer.batchSize <= limit) return inferer;
  findings.warn(
    `The windows per call were lowered from ${inferer.batchSize} to ${limit}, the largest batch of the model`,
  );
  return { ...inferer, batchSize: limit };
}

/** What a window inferer says of a Triton config that leaves its batch open. */
export function batchAndRank(inferer: InfererSpec): { silentBatch: number; rank?: number } {
  return inferer.kind === 'scanning-window'
    ? { silentBatch: inferer.batchSize, rank: inferer.roi.length }
    : { silentBatch: 1 };
}

export const pipelineArgs = z.strictObject({
  models: z
    .array(nonEmptyText, { error: 'a list of model names' })
    .min(1, { error: 'a list of at least one model name' }),
  batch_size: optional(count),
});

export const isPipelineClass = (name: string) => /(^|\.)\w*Pipeline$/.test(name);

/** `DeepgrowInferencePipeline` (`aiaa-api.md` §10.5), the one class that is known. */
export function pipelineInferer(
  name: string,
  args: unknown,
  fields: { input: string; output: string },
  path: ConfigPath,
  { findings }: Reading,
): PipelineInferer {
  const short = name.split('.').pop() ?? name;
  if (short !== 'DeepgrowInferencePipeline') {
    findings.add(
      [...path, 'name'],
      name,
      'aiaa.apps.deepgrow.DeepgrowInferencePipeline; other pipelines are Python classes, which cannot run here',
    );
  }
  const parsed = readSection(pipelineArgs, args ?? {}, [...path, 'args'], findings);
  return { kind: 'pipeline', name: short, models: parsed?.models ?? [], batchSize: parsed?.batch_size ?? 1, ...fields };
}
