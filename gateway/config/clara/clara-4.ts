import { z } from 'zod';
import type { InfererSpec } from '../../model-spec';
import type { TritonModelConfig } from '../../triton/model-config';
import type { ConfigPath } from '../findings';
import { clientSafeInfo } from '../model-entry';
import type { Reading } from '../reading';
import { readSection } from '../section';
import { nonEmptyText, optional } from '../values';
import { bindByDefault, torchNodes } from './bindings';
import { defineDialect, type Before, type Network } from './clara';
import { aiaaArgs, classNameOf, fitBatch, infererOf, isPipelineClass, pipelineInferer } from './inferer';
import { floatTensor, readTritonSection } from './triton-section';

/** Name and arguments of an inference class, in both forms of version 4. */
export const engineSchema = z.strictObject(
  { name: nonEmptyText, args: optional(z.unknown()), triton_model_config: optional(z.unknown()) },
  { error: 'an object with name and args' },
);

const fields = { input: optional(nonEmptyText), output: optional(nonEmptyText), meta_data: optional(z.unknown()) };

/** Clara 4.0 and 4.1: a part for each engine, of which Triton's is the one that counts here. */
export const clara4 = defineDialect({
  dialect: 'clara-4',
  silentVersion: '1',
  keys: [],
  inference: z.strictObject(
    { ...fields, AIAA: optional(engineSchema), TRITON: optional(engineSchema) },
    { error: 'an object with a part TRITON or AIAA' },
  ),
  network(read, before, reading) {
    const part = read.TRITON ? 'TRITON' : 'AIAA';
    const engine = read[part];
    const path = ['inference', part];
    if (engine)
      return network(
        read,
        engine,
        path,
        [engine.triton_model_config, [...path, 'triton_model_config']],
        before,
        reading,
      );
    const expected = 'a part TRITON or AIAA with the name and args of the inference';
    reading.findings.add(['inference', 'TRITON'], undefined, expected);
    return undefined;
  },
});

/** Clara 4 early access, March 2021: a flat `inference`, Triton's config at the top of the file. */
export const clara4EarlyAccess = defineDialect({
  dialect: 'clara-4-ea',
  silentVersion: '1',
  keys: ['triton'],
  inference: z.strictObject({ ...engineSchema.shape, ...fields }, { error: 'an object with name and args' }),
  network(read, before, reading) {
    const path = ['inference'];
    const { triton } = before.config;
    const section: Section = triton
      ? [triton, ['triton']]
      : [read.triton_model_config, [...path, 'triton_model_config']];
    return network(read, read, path, section, before, reading);
  },
});

const classes = ['TritonInference', 'PyTorchInference'];

/** A part of the config and its place. */
type Section = [value: unknown, path: ConfigPath];

function network(
  { input = 'image', output, meta_data }: { input?: string; output?: string; meta_data?: unknown },
  { name, args }: { name: string; args?: unknown },
  path: ConfigPath,
  [section, sectionPath]: Section,
  { writer }: Before,
  reading: Reading,
): Network | undefined {
  const { findings } = reading;
  const info = clientSafeInfo(meta_data, ['inference', 'meta_data'], findings);
  if (isPipelineClass(name)) {
    const imageOfWriter = typeof writer.args.image === 'string' ? writer.args.image : 'pred';
    const inferer = pipelineInferer(name, args, { input, output: output ?? imageOfWriter }, path, reading);
    return { info, inference: { inferer, inputs: [], outputs: [] } };
  }
  if (!classes.includes(classNameOf(name))) {
    const expected = `${classes.map((known) => `aiaa.inference.${known}`).join(' or ')}; an inference class of your own is Python, which cannot run here`;
    findings.add([...path, 'name'], name, expected);
  }
  const place = [...path, 'args'];
  const inferer = infererOf('monai-0', readSection(aiaaArgs, args ?? {}, place, findings), place, reading);
  const triton =
    section === undefined && !reading.tritonConfig
      ? deriveTriton(inferer, info, sectionPath, reading)
      : readTritonSection(section, sectionPath, reading, inferer);
  if (!triton) return undefined;
  const bindings = bindByDefault({ input, output: output ?? 'model' }, triton, torchNodes);
  return { info, inference: { inferer: fitBatch(inferer, triton, reading), ...bindings }, triton };
}

/** A config for TorchScript where only AIAA's own engine was described: all axes free but those of the window. */
function deriveTriton(
  inferer: InfererSpec,
  info: Record<string, unknown>,
  path: ConfigPath,
  { findings }: Reading,
): TritonModelConfig {
  const rank = typeof info.deepgrow === 'string' && info.deepgrow.toUpperCase() === '2D' ? 2 : 3;
  const isWindow = inferer.kind === 'scanning-window';
  const window = isWindow ? inferer.roi : Array<number>(rank).fill(-1);
  const dims = [-1, ...window.map((size) => (size > 0 ? size : -1))];
  findings.warn(
    `${path.join('.')} is missing: a TorchScript model with the tensors ${torchNodes.input} and ${torchNodes.output}, ${dims.join('×')}, was assumed`,
  );
  return {
    platform: 'pytorch_libtorch',
    max_batch_size: isWindow ? inferer.batchSize : 1,
    input: [floatTensor(torchNodes.input, dims)],
    output: [floatTensor(torchNodes.output, dims)],
  };
}
