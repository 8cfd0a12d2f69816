import { isRecord } from './findings';
import { readLabels, type Labels } from './labels';
import type { Reading } from './reading';
import { readVersion } from './head';

/** What a bundle's `metadata.json` adds to its `inference.json`. */
export interface BundleFacts extends Labels {
  description: string;
  version: string;
  inputDims?: number[];
  outputDims?: number[];
}

/**
 * @param argmax the network's answer goes through argmax, so channel 0 is the background whatever it is called
 * @param fallbackLabels labels of the inference config itself (`label_names`), used when the metadata name none
 */
export function readBundleMetadata(fallbackLabels: unknown, argmax: boolean, reading: Reading): BundleFacts {
  const metadata = isRecord(reading.bundleMetadata) ? reading.bundleMetadata : {};
  const format = isRecord(metadata.network_data_format) ? metadata.network_data_format : {};
  const image = tensorOf(format.inputs, 'image');
  const pred = tensorOf(format.outputs, 'pred');
  const [labels, path] = pred?.channel_def
    ? [pred.channel_def, ['metadata', 'network_data_format', 'outputs', 'pred', 'channel_def']]
    : [fallbackLabels, ['label_names']];
  return {
    description: typeof metadata.description === 'string' ? metadata.description : '',
    version: readVersion(metadata.version, '1', reading),
    ...readLabels(labels, path, reading.findings, argmax),
    inputDims: dimsOf(image),
    outputDims: dimsOf(pred),
  };
}

function tensorOf(side: unknown, name: string): Record<string, unknown> | undefined {
  if (!isRecord(side)) return undefined;
  const tensor = side[name] ?? Object.values(side)[0];
  return isRecord(tensor) ? tensor : undefined;
}

/** Channels and `spatial_shape`; axes given as formulas (`"16*n"`, `"*"`) are free. */
function dimsOf(tensor: Record<string, unknown> | undefined): number[] | undefined {
  if (!tensor || !Array.isArray(tensor.spatial_shape)) return undefined;
  return [tensor.num_channels, ...tensor.spatial_shape].map((size) => (Number.isInteger(size) && size > 0 ? size : -1));
}
