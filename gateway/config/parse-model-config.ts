import type { ModelSpec } from '../model-spec';
import { highestLabel, isDtype } from '../transforms/writers';
import { readClara, unwrapRuntimeDump, type ClaraDialect } from './clara/clara';
import { clara2, clara3, clara4, clara4EarlyAccess } from './clara/dialects';
import { Findings, isRecord } from './findings';
import { readMonaiBundle } from './monai-bundle/monai-bundle';
import { isTooDeep, tooDeep } from './nesting';
import { isNnunet, readNnunet } from './nnunet/nnunet';
import { isPack, readPack } from './pack/pack';
import { registryCatalogue, type Reading, type TransformCatalogue } from './reading';

/** The transforms are this server's unless a `catalogue` is given. */
export type ParseOptions = Partial<Pick<Reading, 'catalogue' | 'bundleMetadata' | 'tritonConfig'>>;

/**
 * Turns a model config of any dialect into the one form that the gateway knows.
 * @param input parsed JSON: a `config_aiaa.json` of Clara 2, 3, 4 or 4 early access, or the `inference.json` of a MONAI bundle
 * @param name the model's name, as the client chose it
 * @throws GatewayError BAD_CONFIG with all findings in `details.findings`, the first of them in the message
 */
export function parseModelConfig(input: unknown, name: string, options: ParseOptions = {}): ModelSpec {
  const { catalogue = registryCatalogue, bundleMetadata, tritonConfig } = options;
  const findings = new Findings();
  const reading: Reading = { name, catalogue, findings, bundleMetadata, tritonConfig };
  if (isTooDeep(input)) throw tooDeep();
  const config = unwrapRuntimeDump(input, reading);
  const spec = isRecord(config) ? readByDialect(config, reading) : undefined;
  if (!isRecord(config)) findings.add([], config, 'a JSON object');
  if (spec) checkWriterType(spec, findings);
  const error = findings.toError();
  if (error) throw error;
  if (!spec) throw new Error(`the config of "${name}" gave neither a model nor a finding`);
  return withPointCrop(spec, catalogue);
}

function readByDialect(config: Record<string, unknown>, reading: Reading): ModelSpec | undefined {
  if (isNnunet(config)) return readNnunet(config, reading);
  if (isPack(config)) return readPack(config, reading);
  if (isBundle(config)) return readMonaiBundle(config, reading);
  const clara = claraOf(config);
  if (clara) return readClara(clara, config, reading);
  const keys = Object.keys(config).slice(0, 12).join(', ') || 'none';
  const expected =
    'a config_aiaa.json (pre_transforms, inference, post_transforms, writer) or the inference.json of a MONAI bundle (preprocessing, inferer, postprocessing)';
  const message = `the config is not a model config: its top-level keys are ${keys}; expected ${expected}`;
  reading.findings.add([], config, expected, { message });
  return undefined;
}

function isBundle(config: Record<string, unknown>): boolean {
  if ('pre_transforms' in config) return false;
  return ['preprocessing', 'postprocessing', 'inferer', 'network_def'].some((part) => {
    const value = config[part];
    return isRecord(value) && '_target_' in value;
  });
}

const byVersion = new Map(Object.entries({ 1: clara4, 2: clara2, 3: clara3 }));

/**
 * Which Clara a config is written for, or undefined. Its shape decides before its `version`: servers of version 3.1 load files of version 2,
 * both forms of version 4 say 1, and numbers are often copied from another file.
 */
function claraOf(config: Record<string, unknown>): ClaraDialect | undefined {
  const { inference, version } = config;
  if (isRecord(inference)) {
    if ('TRITON' in inference || 'AIAA' in inference) return clara4;
    const name = typeof inference.name === 'string' ? inference.name : '';
    if ('triton' in config || name.startsWith('aiaa.') || 'meta_data' in inference) return clara4EarlyAccess;
    if (isVersion2(inference)) return clara2;
    if (name || ['trtis', 'args', 'node_mapping', 'additional_info'].some((key) => key in inference)) return clara3;
  } else if (!('pre_transforms' in config) && !('writer' in config)) {
    return undefined;
  }
  return typeof version === 'object' ? undefined : byVersion.get(String(version));
}

/** Version 2 has the window at the top of `inference`, or channel counts instead of tensors. */
function isVersion2(inference: Record<string, unknown>): boolean {
  if ('args' in inference || 'name' in inference) return false;
  const { trtis } = inference;
  return 'scanning_window' in inference || 'roi' in inference || (isRecord(trtis) && 'input_channels' in trtis);
}

/** The argument of each writer that fixes the voxel type of its file. The others take the smallest type that holds the labels. */
const typeArguments: Record<string, string> = { WriteNifti: 'dtype', WritePng: 'dtype', SaveImaged: 'output_dtype' };

/** Finds a writer whose voxel type is too small for the labels of its model: the labels above would have no number. */
function checkWriterType({ writer, labels }: ModelSpec, findings: Findings): void {
  const argument = typeArguments[writer.name];
  // Arguments that were found wrong stand in the spec as they were written.
  const written = writer.args[argument];
  const type = isDtype(written) ? written : undefined;
  const highest = type && highestLabel(type);
  const count = labels.length - (/^background$/i.test(labels[0] ?? '') ? 1 : 0);
  if (highest === undefined || count <= highest) return;
  const wider = count <= highestLabel('uint16')! ? 'uint16' : 'uint32';
  findings.add(['writer', 'args', argument], type, `a type that holds ${count} labels`, {
    message: `the writer ${writer.name} writes ${type}, which holds labels up to ${highest}, but the config has ${count} labels; write "${argument}": "${wider}"`,
  });
}

/** Defaults of DExtr3D clients where a model is silent. */
const DEFAULT_PADDING = 20;

/**
 * Decides whether the gateway crops for an annotation model. Such a model was trained on crops around the extreme points; DExtr3D clients
 * make the crop themselves, unless they work with a session, and then send the whole volume. So: a model of type `annotation` that tells
 * clients a `roi`, and whose own transforms do not crop. Only the loading can then be kept between calls.
 */
function withPointCrop(spec: ModelSpec, catalogue: TransformCatalogue): ModelSpec {
  const { roi, padding } = spec.info;
  const isRoi = Array.isArray(roi) && roi.length === 3 && roi.every((size) => size > 0);
  const kinds = spec.pre.map(({ name }) => catalogue.find(name)?.kind);
  if (spec.type !== 'annotation' || !isRoi || kinds.includes('crop')) return spec;
  const loading = kinds.lastIndexOf('load') + 1;
  const mm = typeof padding === 'number' ? padding : DEFAULT_PADDING;
  const pointCrop = { roi: roi as number[], padding: mm, loading };
  const cacheableSteps = Math.min(spec.cacheableSteps, loading);
  return { ...spec, cacheableSteps, inference: { ...spec.inference, pointCrop } };
}
