import type { InfererSpec, ModelSpec } from '../../model-spec';
import type { TritonModelConfig } from '../../triton/model-config';
import { readBundleChain } from './chain';
import { readBundleInferer } from './inferer';
import { readBundleMetadata } from './metadata';
import type { BundleFacts } from './metadata';
import { BundleReferences } from './references';
import { torchNodes } from '../clara/bindings';
import { isRecord } from '../findings';
import type { Reading } from '../reading';
import { cacheableSteps, resolve } from '../transform-steps';
import { floatTensor } from '../clara/triton-section';

/**
 * The `inference.json` of a MONAI bundle: `preprocessing`, `inferer` and `postprocessing` are read; the parts
 * that load data and run the network in Python (network, data loader, evaluator, handlers, checkpoint) are Triton's business here.
 */
export function readMonaiBundle(config: Record<string, unknown>, reading: Reading): ModelSpec {
  const references = new BundleReferences(config);
  const pre = readBundleChain(config.preprocessing, ['preprocessing'], references, reading);
  const post = readBundleChain(config.postprocessing ?? [], ['postprocessing'], references, reading);
  const image = references.read(config.image_key ?? 'image', ['image_key'], reading.findings);
  const fields = { input: typeof image === 'string' ? image : 'image', output: 'pred' };
  const rank = spatialRank(config);
  const argmax = post.steps.some(({ name, args }) => reading.catalogue.find(name)?.yieldsLabels?.(args));
  const facts = readBundleMetadata(config.label_names, argmax, post.writer?.name, reading);
  const inferer = readBundleInferer(config.inferer, rank, facts.head.monai, ['inferer'], references, reading);
  // Clients send clicks to deepgrow models only.
  const clicked = pre.steps.some(({ name }) => reading.catalogue.find(name)?.kind === 'clicks');
  const silent = facts.isClassVector ? 'ClassificationWriter' : 'Writer';
  const writer = post.writer ?? resolve('writer', silent, { image: fields.output }, ['postprocessing'], reading);
  const classifies = writer && reading.catalogue.findWriter(writer.name)?.classifies;
  return {
    name: reading.name,
    type: clicked ? 'deepgrow' : classifies ? 'classification' : 'segmentation',
    ...facts.head,
    dialect: 'monai-bundle',
    pre: pre.steps,
    cacheableSteps: cacheableSteps(pre.steps, undefined, reading),
    inference: {
      inferer,
      inputs: [{ tensor: torchNodes.input, field: fields.input }],
      outputs: [{ tensor: torchNodes.output, field: fields.output }],
    },
    post: post.steps,
    writer: writer ?? { name: 'Writer', args: { image: fields.output } },
    triton: reading.tritonConfig ?? tritonConfig(inferer, rank, facts),
    info: clicked ? { deepgrow: `${rank}D` } : {},
    warnings: reading.findings.warnings,
  };
}

/** The bundle's TorchScript export, with free axes where the metadata do not tell them. */
function tritonConfig(inferer: InfererSpec, rank: number, { inputDims, outputDims }: BundleFacts): TritonModelConfig {
  const free = Array<number>(rank + 1).fill(-1);
  return {
    platform: 'pytorch_libtorch',
    max_batch_size: inferer.kind === 'scanning-window' ? inferer.batchSize : 1,
    input: [floatTensor(torchNodes.input, inputDims ?? free)],
    output: [floatTensor(torchNodes.output, outputDims ?? free)],
  };
}

/** 3, unless the window or the network says otherwise. */
function spatialRank({ inferer, network_def }: Record<string, unknown>): number {
  if (isRecord(inferer) && Array.isArray(inferer.roi_size)) return inferer.roi_size.length;
  const rank = isRecord(network_def) ? network_def.spatial_dims : undefined;
  return rank === 2 ? 2 : 3;
}
