import type { ModelSpec } from '../model-spec';
import { isRecord } from './findings';

export type Dialect = ModelSpec['dialect'];

const byVersion = new Map<string, Dialect>([
  ['1', 'clara-4'],
  ['2', 'clara-2'],
  ['3', 'clara-3'],
]);

/**
 * Which dialect a config is written in, or undefined. Its shape decides before its `version`: 3.1 servers load "version": "2" files,
 * both forms of version 4 say 1, and numbers are often copied from another file (`aiaa-api.md` §10).
 */
export function detectDialect(config: Record<string, unknown>): Dialect | undefined {
  const { inference, version } = config;
  if (isBundle(config)) return 'monai-bundle';
  if (isRecord(inference)) {
    if ('TRITON' in inference || 'AIAA' in inference) return 'clara-4';
    const name = typeof inference.name === 'string' ? inference.name : '';
    if ('triton' in config || name.startsWith('aiaa.') || 'meta_data' in inference) return 'clara-4-ea';
    if (isVersion2(inference)) return 'clara-2';
    if (name || ['trtis', 'args', 'node_mapping', 'additional_info'].some((key) => key in inference)) return 'clara-3';
  } else if (!('pre_transforms' in config) && !('writer' in config)) {
    return undefined;
  }
  return byVersion.get(String(version));
}

/** Version 2 has the window at the top of `inference`, or channel counts instead of tensors. */
function isVersion2(inference: Record<string, unknown>): boolean {
  if ('args' in inference || 'name' in inference) return false;
  const { trtis } = inference;
  return 'scanning_window' in inference || 'roi' in inference || (isRecord(trtis) && 'input_channels' in trtis);
}

function isBundle(config: Record<string, unknown>): boolean {
  if ('pre_transforms' in config) return false;
  return ['preprocessing', 'postprocessing', 'inferer', 'network_def'].some((part) => {
    const value = config[part];
    return isRecord(value) && '_target_' in value;
  });
}
