import { NEWEST_MONAI, readMonaiVersion, type MonaiVersion } from '../../transforms/monai-version';
import { isRecord } from '../findings';
import { readLabels, type Labels } from '../labels';
import type { Reading } from '../reading';
import { readVersion } from '../clara/clara';

/** What a bundle's `metadata.json` adds to its `inference.json`. */
export interface BundleFacts {
  /** The part of the spec that it gives as it is; `monai` without a version is the newest that is known here. */
  head: Labels & { description: string; version: string; monai: MonaiVersion };
  inputDims?: number[];
  outputDims?: number[];
  /** Whether the output is one number per class instead of an image. */
  isClassVector: boolean;
}

/**
 * @param argmax the network's answer goes through argmax, so channel 0 is the background under any name
 * @param writer of the chain: one that saves images or scores says what the output is
 * @param fallbackLabels labels of the inference config itself (`label_names`), used when the metadata name none
 */
export function readBundleMetadata(
  fallbackLabels: unknown,
  argmax: boolean,
  writer: string | undefined,
  reading: Reading,
): BundleFacts {
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
    outputDims: isClassVector ? classDims(pred) : dimsOf(pred),
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

function tensorOf(side: unknown, name: string): Record<string, unknown> | undefined {
  if (!isRecord(side)) return undefined;
  const tensor = side[name] ?? Object.values(side)[0];
  return isRecord(tensor) ? tensor : undefined;
}

/**
 * Bundles of classifiers describe their scores as an image: `num_channels` 4 with `spatial_shape` [1, 4] is four scores, [1, 1] one of one
 * class. An output image has as many axes as the input, and more than a pixel.
 */
function hasClassVector(
  image: Record<string, unknown> | undefined,
  pred: Record<string, unknown> | undefined,
): boolean {
  const shape = pred?.spatial_shape;
  if (!Array.isArray(shape) || !shape.every((size) => Number.isInteger(size))) return false;
  const pixels = (shape as number[]).reduce((product, size) => product * size, 1);
  const given = image?.spatial_shape;
  return (pixels === 1 || pixels === pred?.num_channels) && Array.isArray(given) && !given.every((size) => size === 1);
}

const classDims = (pred: Record<string, unknown> | undefined): number[] => {
  const count = pred?.num_channels;
  return [Number.isInteger(count) && (count as number) > 0 ? (count as number) : -1];
};

/** Channels and `spatial_shape`; axes given as formulas (`"16*n"`, `"*"`) are free. */
function dimsOf(tensor: Record<string, unknown> | undefined): number[] | undefined {
  if (!tensor || !Array.isArray(tensor.spatial_shape)) return undefined;
  return [tensor.num_channels, ...tensor.spatial_shape].map((size) => (Number.isInteger(size) && size > 0 ? size : -1));
}
