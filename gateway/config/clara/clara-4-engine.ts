import { z } from 'zod';
import type { InfererSpec, ModelSpec } from '../../model-spec';
import type { TritonModelConfig } from '../../triton/model-config';
import { bindByDefault } from '../monai-bundle/bindings';
import { cacheableSteps } from '../cacheable-steps';
import type { ConfigPath } from '../findings';
import type { SpecHead } from './head';
import { batchAndRank, aiaaArgs, aiaaInferer, fitBatch, isPipelineClass, pipelineInferer } from './inferer';
import { clientSafeInfo } from '../info';
import type { Reading } from '../reading';
import { readSection, warnUnknownKeys } from '../section';
import { readSteps, readWriter } from '../transform-steps';
import { floatTensor, readTritonSection } from './triton-section';
import { nonEmptyText, optional } from '../values';

/** Name and arguments of an inference class, in both forms of version 4. */
export const engineSchema = z.strictObject(
  { name: nonEmptyText, args: optional(z.unknown()), triton_model_config: optional(z.unknown()) },
  { error: 'an object with name and args' },
);

/** What the two forms of version 4 say about the network, brought to one shape. */
interface AiaaEngine {
  /** Undefined after a finding. */
  engine: { name: string; args?: unknown } | undefined;
  path: ConfigPath;
  triton: unknown;
  tritonPath: ConfigPath;
  fields: { input?: string; output?: string };
  metaData: unknown;
  reading: Reading;
}

const keys = [
  'version',
  'type',
  'labels',
  'description',
  'pre_transforms',
  'cache_until',
  'inference',
  'post_transforms',
  'writer',
];

const classes = ['TritonInference', 'PyTorchInference'];

/** TorchScript's own tensor names where a config gives none (`triton.md` §2.4). */
export const torchNodes = { input: 'INPUT__0', output: 'OUTPUT__0' };

/** The rest of a version 4 config, after its dialect has said where the parts of the inference are. */
export function readAiaaEngine(
  config: Record<string, unknown>,
  head: SpecHead,
  dialect: ModelSpec['dialect'],
  { engine, path, triton: tritonPart, tritonPath, fields, metaData, reading }: AiaaEngine,
): ModelSpec | undefined {
  const { findings } = reading;
  warnUnknownKeys(config, dialect === 'clara-4-ea' ? [...keys, 'triton'] : keys, [], findings);
  const pre = readSteps(config.pre_transforms, ['pre_transforms'], reading);
  const post = readSteps(config.post_transforms ?? [], ['post_transforms'], reading);
  const writer = readWriter(config.writer, ['writer'], reading);
  const common = {
    ...head,
    dialect,
    pre,
    cacheableSteps: cacheableSteps(pre, config.cache_until, reading),
    post,
    writer,
    info: clientSafeInfo(metaData, ['inference', 'meta_data'], findings),
    warnings: findings.warnings,
  };
  if (!engine) return undefined;
  if (isPipelineClass(engine.name)) {
    const imageOfWriter = typeof writer.args.image === 'string' ? writer.args.image : 'pred';
    const ends = { input: fields.input ?? 'image', output: fields.output ?? imageOfWriter };
    const inferer = pipelineInferer(engine.name, engine.args, ends, path, reading);
    return { ...common, inference: { inferer, inputs: [], outputs: [] } };
  }
  const inferer = readInferer(engine, path, reading);
  const triton =
    tritonPart === undefined && !reading.tritonConfig
      ? deriveTriton(inferer, common.info, tritonPath, reading)
      : readTritonSection(tritonPart, tritonPath, reading, batchAndRank(inferer));
  if (!triton) return undefined;
  const ends = { input: fields.input ?? 'image', output: fields.output ?? 'model' };
  return {
    ...common,
    inference: {
      inferer: fitBatch(inferer, triton, reading),
      ...bindByDefault(ends, triton, torchNodes),
    },
    triton,
  };
}

function readInferer(
  { name, args }: { name: string; args?: unknown },
  path: ConfigPath,
  reading: Reading,
): InfererSpec {
  if (!classes.includes(name.split('.').pop() ?? '')) {
    const expected = `${classes.map((known) => `aiaa.inference.${known}`).join(' or ')}; an inference class of your own is Python, which cannot run here`;
    reading.findings.add([...path, 'name'], name, expected);
  }
  const parsed = readSection(aiaaArgs, args ?? {}, [...path, 'args'], reading.findings);
  return parsed ? aiaaInferer(parsed, [...path, 'args'], reading) : { kind: 'simple' };
}

/** A config for TorchScript where only AIAA's own engine was described: all axes free but those of the window. */
function deriveTriton(
  inferer: InfererSpec,
  info: Record<string, unknown>,
  path: ConfigPath,
  { findings }: Reading,
): TritonModelConfig {
  const rank = String(info.deepgrow).toUpperCase() === '2D' ? 2 : 3;
  const window = inferer.kind === 'scanning-window' ? inferer.roi : Array<number>(rank).fill(-1);
  const dims = [-1, ...window.map((size) => (size > 0 ? size : -1))];
  findings.warn(
    `${path.join('.')} is missing: a TorchScript model with the tensors ${torchNodes.input} and ${torchNodes.output}, ${dims.join('×')}, was assumed`,
  );
  return {
    platform: 'pytorch_libtorch',
    max_batch_size: batchAndRank(inferer).silentBatch,
    input: [floatTensor(torchNodes.input, dims)],
    output: [floatTensor(torchNodes.output, dims)],
  };
}
