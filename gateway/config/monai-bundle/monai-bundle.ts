import type { ModelSpec } from '../../model-spec';
import { NEWEST_MONAI, readMonaiVersion, type MonaiVersion } from '../../transforms/monai-version';
import { torchNodes, torchScript } from '../clara/bindings';
import { readVersion } from '../clara/clara';
import { isRecord } from '../findings';
import { readLabels } from '../labels';
import type { Reading } from '../reading';
import { cacheableSteps, resolve } from '../transform-steps';
import { readBundleChain } from './chain';
import { readBundleInferer } from './inferer';
import { BundleReferences } from './references';

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
  const free = Array<number>(rank + 1).fill(-1);
  const argmax = post.steps.some(({ name, args }) => reading.catalogue.find(name)?.yieldsLabels?.(args));
  const facts = readMetadata(config.label_names, argmax, post.writer?.name, reading);
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
    // The bundle's TorchScript export, with free axes where the metadata do not tell them.
    triton: reading.tritonConfig ?? torchScript(inferer, facts.inputDims ?? free, facts.outputDims ?? free),
    info: clicked ? { deepgrow: `${rank}D` } : {},
    warnings: reading.findings.warnings,
  };
}

/** 3, unless the window or the network says otherwise. */
function spatialRank({ inferer, network_def }: Record<string, unknown>): number {
  if (isRecord(inferer) && Array.isArray(inferer.roi_size)) return inferer.roi_size.length;
  const rank = isRecord(network_def) ? network_def.spatial_dims : undefined;
  return rank === 2 ? 2 : 3;
}

/**
 * The parts that a bundle's `metadata.json` adds to its `inference.json`: a part of the spec as it is, and the dims of the tensors.
 * @param fallbackLabels labels of the inference config itself (`label_names`), used when the metadata name none
 * @param argmax the network's answer goes through argmax, so channel 0 is the background under any name
 * @param writer of the chain: one that saves images or scores says what the output is
 */
function readMetadata(fallbackLabels: unknown, argmax: boolean, writer: string | undefined, reading: Reading) {
  const metadata = isRecord(reading.bundleMetadata) ? reading.bundleMetadata : {};
  const format = isRecord(metadata.network_data_format) ? metadata.network_data_format : {};
  const image = tensorOf(format.inputs, 'image');
  const pred = tensorOf(format.outputs, 'pred');
  const isClassVector = writer === undefined ? hasClassVector(image, pred) : /Classification/.test(writer);
  const zero = isClassVector ? 'class' : argmax ? 'background' : 'by-name';
  const [labels, path] = pred?.channel_def
    ? [pred.channel_def, ['metadata', 'network_data_format', 'outputs', 'pred', 'channel_def']]
    : [fallbackLabels, ['label_names']];
  return {
    head: {
      description: typeof metadata.description === 'string' ? metadata.description : '',
      version: readVersion(metadata.version, '1', reading),
      ...readLabels(labels, path, reading.findings, zero),
      monai: monaiOf(metadata.monai_version, reading),
    },
    inputDims: dimsOf(image),
    outputDims: isClassVector ? [sizeOf(pred?.num_channels)] : dimsOf(pred),
    isClassVector,
  };
}

function monaiOf(given: unknown, { findings }: Reading): MonaiVersion {
  const version = readMonaiVersion(given);
  if (!version && given !== undefined && given !== null)
    findings.warn(
      `metadata.monai_version ${JSON.stringify(given)} is not a version such as "1.4.0"; the choices of MONAI ${NEWEST_MONAI} are made`,
    );
  return version ?? NEWEST_MONAI;
}

type TensorFormat = Record<string, unknown> | undefined;

function tensorOf(side: unknown, name: string): TensorFormat {
  if (!isRecord(side)) return undefined;
  const tensor = side[name] ?? Object.values(side)[0];
  return isRecord(tensor) ? tensor : undefined;
}

/**
 * Bundles of classifiers describe their scores as an image: `num_channels` 4 with `spatial_shape` [1, 4] is four scores, [1, 1] one of one
 * class. An output image has as many axes as the input, and more than a pixel.
 */
function hasClassVector(image: TensorFormat, pred: TensorFormat): boolean {
  const shape = pred?.spatial_shape;
  if (!Array.isArray(shape) || !shape.every((size) => Number.isInteger(size))) return false;
  const pixels = (shape as number[]).reduce((product, size) => product * size, 1);
  const given = image?.spatial_shape;
  return (pixels === 1 || pixels === pred?.num_channels) && Array.isArray(given) && !given.every((size) => size === 1);
}

/** A size given as a formula (`"16*n"`, `"*"`) is free. */
const sizeOf = (size: unknown): number => (Number.isInteger(size) && (size as number) > 0 ? (size as number) : -1);

/** Channels and `spatial_shape`. */
function dimsOf(tensor: TensorFormat): number[] | undefined {
  if (!tensor || !Array.isArray(tensor.spatial_shape)) return undefined;
  return [tensor.num_channels, ...(tensor.spatial_shape as unknown[])].map(sizeOf);
}
