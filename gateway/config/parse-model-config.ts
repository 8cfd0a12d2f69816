import { fail } from '../errors';
import type { TritonModelConfig } from '../triton/model-config';
import type { ModelSpec } from '../model-spec';
import { readClara2 } from './clara/clara-2';
import { readClara3 } from './clara/clara-3';
import { readClara4 } from './clara/clara-4';
import { readClara4EarlyAccess } from './clara/clara-4-ea';
import { detectDialect } from './detect-dialect';
import type { Dialect } from './detect-dialect';
import { Findings, isRecord } from './findings';
import { readMonaiBundle } from './monai-bundle/monai-bundle';
import { withPointCrop } from './point-crop';
import type { Reading } from './reading';
import { unwrapRuntimeDump } from './monai-bundle/runtime-dump';
import { checkWriterType } from './clara/writer-type';
import { registryCatalogue } from './transform-catalogue';
import type { TransformCatalogue } from './transform-catalogue';

export interface ParseOptions {
  /** Whose transforms the config may name. @default this server's */
  catalogue?: TransformCatalogue;
  /** Parsed `metadata.json` of a MONAI bundle: labels, description, version and tensor shapes come from it. */
  bundleMetadata?: unknown;
  /** The config.pbtxt that came with the model: it stands in place of what the config itself tells Triton. */
  tritonConfig?: TritonModelConfig;
  /** Read configs whose transforms this server does not have; they become warnings, and the spec cannot be run. @default false */
  allowUnsupported?: boolean;
}

/** Real configs have about ten levels; JSON of thousands would exhaust the stack of everything that walks it. */
const MAX_DEPTH = 100;

const readers: Record<Dialect, (config: Record<string, unknown>, reading: Reading) => ModelSpec | undefined> = {
  'clara-2': readClara2,
  'clara-3': readClara3,
  'clara-4': readClara4,
  'clara-4-ea': readClara4EarlyAccess,
  'monai-bundle': readMonaiBundle,
};

/**
 * Turns a model config of any dialect into the one form that the gateway knows.
 * @param input parsed JSON: a `config_aiaa.json` of Clara 2, 3, 4 or 4 early access, or the `inference.json` of a MONAI bundle
 * @param name the model's name, as the client chose it
 * @throws GatewayError BAD_CONFIG with all findings in `details.findings`, the first of them in the message
 */
export function parseModelConfig(input: unknown, name: string, options: ParseOptions = {}): ModelSpec {
  const { catalogue = registryCatalogue, bundleMetadata, tritonConfig, allowUnsupported } = options;
  const findings = new Findings();
  const reading: Reading = { name, catalogue, findings, bundleMetadata, tritonConfig };
  if (isDeeperThan(input, MAX_DEPTH)) {
    throw fail('BAD_CONFIG', { what: `its values are nested more than ${MAX_DEPTH} levels deep` });
  }
  const config = unwrapRuntimeDump(input, reading);
  const spec = isRecord(config) ? readByDialect(config, reading) : undefined;
  if (!isRecord(config)) findings.add([], config, 'a JSON object');
  if (spec) checkWriterType(spec, findings);
  const error = findings.toError(allowUnsupported);
  if (error) throw error;
  if (!spec) throw new Error(`the config of "${name}" gave neither a model nor a finding`);
  return withPointCrop(spec, reading.catalogue);
}

function readByDialect(config: Record<string, unknown>, reading: Reading): ModelSpec | undefined {
  const dialect = detectDialect(config);
  if (dialect) return readers[dialect](config, reading);
  const keys = Object.keys(config).slice(0, 12).join(', ') || 'none';
  const expected =
    'a config_aiaa.json (pre_transforms, inference, post_transforms, writer) or the inference.json of a MONAI bundle (preprocessing, inferer, postprocessing)';
  const message = `the config is not a model config: its top-level keys are ${keys}; expected ${expected}`;
  reading.findings.add([], config, expected, { message });
  return undefined;
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(inner, levels - 1));
}
