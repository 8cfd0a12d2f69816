import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fail } from '../errors';
import type { TritonModelConfig } from '../triton/model-config';
import { Findings } from '../config/findings';
import { refuseUnsafeKeys } from '../config/triton-security';
import type { ModelSpec } from '../model-spec';
import { fileFormatOf, fileFormats, checkAgainstFile, inspect, modelFile } from './inspect-model';
import { TRITON_FOLDER, type RecognisedUpload } from './model-file-format';

export interface BuildOptions {
  /** Whether models may bring code that Triton runs. @default false */
  allowCode?: boolean;
  /** Hears of what would be refused today in a model that was stored before; it goes on serving. @default refuse */
  onStoredCode?: (what: string) => void;
}

/**
 * Refuses a model that does more than compute, or cannot be looked into.
 * @param found one clause for each
 * @returns warnings
 * @throws CODE_NOT_ALLOWED
 */
export function judgeCode(
  found: readonly string[],
  file: string,
  { allowCode = false, onStoredCode }: BuildOptions,
): string[] {
  if (allowCode || found.length === 0) return [];
  const more = found.length > SHOWN ? `; and ${found.length - SHOWN} more` : '';
  const what = found.slice(0, SHOWN).join('; ') + more;
  if (!onStoredCode) throw fail('CODE_NOT_ALLOWED', { file, what });
  onStoredCode(what);
  return [
    `The model brings code that would be refused today, and goes on serving since it was stored before: ${what}. Upload a network that only computes, or start with --allow_code_models`,
  ];
}

const SHOWN = 3;

/** Backends whose model is a program. */
const CODE_BACKENDS = ['python'];

/**
 * Checks the folder of a Triton repository. Its config.pbtxt is kept as it is, but for the name and the version policy, which are the
 * gateway's, and what it leaves to be completed from the file.
 * @throws CODE_NOT_ALLOWED, BAD_CONFIG, BAD_MODEL_FILE
 */
export async function buildRepositoryFolder(
  spec: ModelSpec,
  upload: RecognisedUpload & { tritonConfig: TritonModelConfig },
  options: BuildOptions,
) {
  const warnings: string[] = [];
  const kept = withoutGatewayKeys(upload.tritonConfig, warnings);
  refuseCode(kept, upload.name, options.allowCode ?? false);
  const files = (await readdir(join(upload.path, TRITON_FOLDER.version))).sort();
  const fileFormat = Object.values(fileFormats).find(({ platform, backends }) =>
    kept.platform ? platform === kept.platform : kept.backend && backends.includes(kept.backend),
  );
  const fileName = kept.default_model_filename ?? fileFormat?.fileName;
  if (fileName && !files.includes(fileName))
    throw fail('BAD_MODEL_FILE', {
      file: upload.name,
      what: `its version folder has no "${fileName}" (it has ${files.join(', ')}); rename the file, or write default_model_filename into config.pbtxt`,
    });
  const platform = kept.platform ?? kept.backend ?? '';
  if (!platform)
    throw fail('BAD_CONFIG', {
      what: 'config.pbtxt names neither platform nor backend; write one, such as platform: "onnxruntime_onnx"',
    });
  const built = { platform, fileName: TRITON_FOLDER.folder, config: kept, warnings };
  if (!fileFormat || !fileName) {
    const unread = `config.pbtxt has the ${kept.platform ? 'platform' : 'backend'} "${platform}", whose models are not looked into`;
    warnings.push(...judgeCode([unread], upload.name, options));
    return { ...built, config: requireBoth(kept) };
  }
  const folder = join(upload.path, TRITON_FOLDER.version);
  const file = await modelFile(join(folder, fileName), fileName, folder);
  const { fileFormat: found } = fileFormatOf(file);
  if (found !== fileFormat && found.platform !== kept.platform && !found.backends.some((name) => name === kept.backend))
    throw fail('BAD_MODEL_FILE', { file: fileName, what: `it is ${found.title}, but config.pbtxt says ${platform}` });
  const inspected = await inspect(found, file);
  warnings.push(...inspected.warnings);
  const named = inspected.io ? kept : requireBoth(kept);
  const config = checkAgainstFile(spec, named, inspected, fileName, warnings);
  warnings.push(...judgeCode(inspected.foreign?.(config) ?? [], fileName, options));
  return { ...built, ...inspected.io, config };
}

function withoutGatewayKeys(config: TritonModelConfig, warnings: string[]): TritonModelConfig {
  const { version_policy, ...kept } = config;
  delete kept.name;
  if (version_policy)
    warnings.push(
      `version_policy of config.pbtxt was left out: the gateway numbers versions itself and serves the newest (${JSON.stringify(version_policy)})`,
    );
  return kept;
}

function refuseCode(config: TritonModelConfig, file: string, allowCode: boolean): void {
  const unsafe = (allow: boolean) => {
    const findings = new Findings();
    refuseUnsafeKeys(config as unknown as Record<string, unknown>, ['config.pbtxt'], findings, allow);
    return findings;
  };
  const isCode = CODE_BACKENDS.includes(config.backend ?? '') || config.platform === 'custom';
  if (!allowCode && isCode)
    throw fail('CODE_NOT_ALLOWED', { file, what: `config.pbtxt has backend "${config.backend ?? 'custom'}"` });
  const error = unsafe(true).toError();
  if (error) throw error;
  const [code] = allowCode ? [] : unsafe(false).errors;
  if (code) throw fail('CODE_NOT_ALLOWED', { file, what: code.message });
}

/** Inputs and outputs of backends whose files are not looked into. */
function requireBoth(config: TritonModelConfig): TritonModelConfig {
  const side = (['input', 'output'] as const).find((name) => config[name].length === 0);
  if (!side) return config;
  throw fail('BAD_CONFIG', {
    what: `config.pbtxt names no ${side} tensors, and the model file does not tell them; write name, data_type and dims of each`,
  });
}
