import { z } from 'zod';
import type { InfererSpec, PipelineInferer, ScanningWindowInferer } from '../../model-spec';
import type { TritonModelConfig } from '../../triton/model-config';
import type { ConfigPath } from '../findings';
import type { Reading } from '../reading';
import { readSection } from '../section';
import { count, flag, integer, nonEmptyText, number, optional } from '../values';

const windowText = 'a list of 2 or 3 window sizes';

const roiOf = <S extends z.ZodType>(size: S, least: number) =>
  z.array(size, { error: windowText }).min(least, { error: windowText }).max(3, { error: windowText });

export const claraRoi = roiOf(count, 2);

/** MONAI reads 0 and -1 as "the whole axis". */
export const monaiRoi = roiOf(integer, 1);

export const claraArgs = z.strictObject({
  scanning_window: optional(flag),
  batch_size: optional(count),
  roi: optional(claraRoi),
});

const fraction = 'a fraction from 0 to less than 1';
const overlap = number.refine((value) => typeof value !== 'number' || (value >= 0 && value < 1), { error: fraction });

const perAxis = <T extends z.ZodType>(one: T, error: string) =>
  z.union([one, z.array(one).min(1).max(3)], { error: `${error}, or a list with one for each axis` });

/** Arguments of a MONAI window beside its size. */
export const monaiWindow = {
  sw_batch_size: optional(count),
  overlap: optional(perAxis(overlap, fraction)),
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
type WindowArgs = Partial<MonaiWindow> & z.output<typeof claraArgs>;

/** The inferer of an inference class: windows where `scanning_window` says so, else the whole image in one request. */
export function infererOf(
  rule: ScanningWindowInferer['rule'],
  args: WindowArgs | undefined,
  path: ConfigPath,
  reading: Reading,
): InfererSpec {
  if (!args?.scanning_window) return { kind: 'simple' };
  const { roi = [], batch_size = 1, sw_batch_size = batch_size } = args;
  if (!args.roi) reading.findings.add([...path, 'roi'], undefined, `${windowText}, for scanning_window is true`);
  checkPerAxis(args, roi.length, path, reading);
  return scanningWindow(rule, roi, { ...args, sw_batch_size });
}

/** Adds a finding for each list that has another length than the window. */
export function checkPerAxis(args: Partial<MonaiWindow>, axes: number, path: ConfigPath, { findings }: Reading): void {
  for (const key of ['overlap', 'sigma_scale'] as const) {
    const value = args[key];
    if (Array.isArray(value) && value.length !== axes)
      findings.add([...path, key], value, `a number, or a list of ${axes}, one for each axis of the window`);
  }
}

export function scanningWindow(
  rule: ScanningWindowInferer['rule'],
  roi: number[],
  args: Partial<MonaiWindow>,
): ScanningWindowInferer {
  const { overlap = 0.25, mode = 'constant', sigma_scale = 0.125, padding_mode = 'constant', cval = 0 } = args;
  const monai = { overlap, mode, sigmaScale: sigma_scale, paddingMode: padding_mode, cval };
  return { kind: 'scanning-window', rule, roi, batchSize: args.sw_batch_size ?? 1, ...monai };
}

/** Clara's inferer classes of validation configs, whose names say what `scanning_window` says in a served one. */
export const validationInferers = ['TFScanWindowInferer', 'ScanWindowInferer', 'TFSimpleInferer'];

/** Where channels lie is told by the image itself, so `is_channels_first` is not needed. */
const validationArgs = z.strictObject({
  roi_size: optional(claraRoi),
  batch_size: optional(count),
  is_channels_first: optional(flag),
});

/** The inferer a validation config means, or undefined when `name` is none of these classes. */
export function validationInferer(
  name: string,
  args: unknown,
  path: ConfigPath,
  reading: Reading,
): InfererSpec | undefined {
  const short = classNameOf(name);
  if (!validationInferers.includes(short)) return undefined;
  const parsed = readSection(validationArgs, args ?? {}, path, reading.findings);
  if (!parsed || short === 'TFSimpleInferer') return { kind: 'simple' };
  const { roi_size: roi, batch_size } = parsed;
  if (roi) return infererOf('clara', { scanning_window: true, roi, batch_size }, path, reading);
  reading.findings.add([...path, 'roi_size'], undefined, `${windowText}, for ${short} scans`);
  return { kind: 'simple' };
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

export const pipelineArgs = z.strictObject({
  models: z
    .array(nonEmptyText, { error: 'a list of model names' })
    .min(1, { error: 'a list of at least one model name' }),
  batch_size: optional(count),
});

/** The class of a name with its module. */
export const classNameOf = (name: string): string => name.split('.').pop()!;

export const isPipelineClass = (name: string) => /(^|\.)\w*Pipeline$/.test(name);

/** `DeepgrowInferencePipeline`, the one class of pipelines that is known. */
export function pipelineInferer(
  name: string,
  args: unknown,
  fields: { input: string; output: string },
  path: ConfigPath,
  { findings }: Reading,
): PipelineInferer {
  const short = classNameOf(name);
  const known = 'aiaa.apps.deepgrow.DeepgrowInferencePipeline';
  if (short !== classNameOf(known))
    findings.add([...path, 'name'], name, `${known}; other pipelines are Python classes, which cannot run here`);
  const parsed = readSection(pipelineArgs, args ?? {}, [...path, 'args'], findings);
  return { kind: 'pipeline', name: short, models: parsed?.models ?? [], batchSize: parsed?.batch_size ?? 1, ...fields };
}
