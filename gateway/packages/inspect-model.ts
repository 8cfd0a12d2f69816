import { fail } from '../errors';
import type { TritonModelConfig } from '../triton/model-config';
import type { ModelSpec } from '../model-spec';
import { acceptedFormats, builders } from './builders';
import { checkTensors } from './check-io';
import { checkTorchSignature } from './formats/check-torch-signature';
import { detectFormat } from './detect-format';
import { checkGraphNodes, type GraphNodes } from './formats/graphdef-model';
import type { ModelIo } from './formats/file-facts';
import type { InspectedModel, PackageBuilder, UploadedModel } from './package-builder';

/** Which format a file has, by its content. @throws BAD_MODEL_FILE naming what was found and what is accepted */
export async function findBuilder(upload: UploadedModel): Promise<{ builder: PackageBuilder; warnings: string[] }> {
  const detected = await detectFormat(upload.path, upload.name);
  if ('found' in detected) {
    const advice = detected.advice ? `; ${detected.advice}` : '';
    throw fail('BAD_MODEL_FILE', {
      file: upload.name,
      what: `it is ${detected.found}${advice}. Accepted are ${acceptedFormats}`,
    });
  }
  const builder = builders.find(({ format }) => format === detected.format);
  if (!builder) throw new Error(`no builder for ${detected.format}`);
  const doubt = `"${upload.name}" was taken for ${builder.title} by its name alone`;
  return { builder, warnings: detected.sure ? [] : [doubt] };
}

/** @throws BAD_MODEL_FILE with everything that is wrong with the file itself */
export async function inspect(builder: PackageBuilder, upload: UploadedModel): Promise<InspectedModel> {
  const inspected = await builder.inspect(upload);
  if (inspected.errors.length > 0)
    throw fail('BAD_MODEL_FILE', { file: upload.name, what: inspected.errors.join('; ') });
  return inspected;
}

/** Compares a config with what its file tells. @returns the config, completed @throws BAD_CONFIG with everything that does not fit */
export function checkAgainstFile(
  { inference }: ModelSpec,
  config: TritonModelConfig,
  { io, nodes, signature }: InspectedModel,
  file: string,
  warnings: string[],
): TritonModelConfig {
  if (io) return complete(checkTensors(config, io, inference), file, warnings);
  if (nodes) {
    const named = complete({ ...checkGraphNodes(config, nodes, inference), completed: config }, file, warnings);
    return complete(checkTensors(named, fedTensors(named, nodes)), file, warnings);
  }
  if (config.platform !== 'pytorch_libtorch') return config;
  return complete({ ...checkTorchSignature(config, signature), completed: config }, file, warnings);
}

/** What a graph tells of the tensors that a config names: type and shape of its placeholders, nothing of its outputs. */
function fedTensors({ input, output }: TritonModelConfig, { placeholders }: GraphNodes): ModelIo {
  const known = new Map(placeholders.map((tensor) => [tensor.name, tensor]));
  return {
    inputs: input.map(({ name }) => ({ ...known.get(name.replace(/:\d+$/, '')), name })),
    outputs: output.map(({ name }) => ({ name })),
  };
}

function complete(
  { errors, warnings: more, completed }: ReturnType<typeof checkTensors>,
  file: string,
  warnings: string[],
) {
  if (errors.length > 0) {
    const rest = errors.length > 1 ? ` (and ${errors.length - 1} more, listed in details.findings)` : '';
    const findings = errors.map((message) => ({ kind: 'tensor', message }));
    throw fail('BAD_CONFIG', { what: `it does not fit "${file}": ${errors[0]}${rest}` }, { details: { findings } });
  }
  warnings.push(...more);
  return completed;
}
