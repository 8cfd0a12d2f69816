import type { TritonModelConfig } from '../../triton/model-config';
import { randomWarning } from './file-facts';

/** What a TorchScript file tells of itself: `forward` as it was compiled. Shapes it does not tell. */
export interface TorchSignature {
  arguments: { name: string; type: string; hasDefault: boolean }[];
  /** `Tensor`, `Tuple[Tensor, Tensor]`, `Dict[str, Tensor]`, ... */
  returns: string;
  /** Kinds of the weights: `Float`, `Half`, `Double`, ... */
  storages: string[];
  /** Calls whose answers differ from one to the next, as `torch.dropout in code/__torch__/net.py`. */
  trainingCalls: string[];
}

/** What Triton's pytorch backend takes. */
const TYPES = 'BOOL UINT8 INT8 INT16 INT32 INT64 FP16 FP32 FP64'.split(' ').map((type) => `TYPE_${type}`);

const isTensor = (type: string) => /^(Optional\[)?Tensor\]?$/.test(type);

/**
 * Compares a config with `forward` of a TorchScript model: how many tensors go in and come out, and of which kinds. Triton finds most of
 * this only when the first request fails.
 */
export function checkTorchSignature(
  { input, output }: Pick<TritonModelConfig, 'input' | 'output'>,
  signature: TorchSignature | undefined,
): { errors: string[]; warnings: string[] } {
  const errors = [...input, ...output]
    .filter(({ data_type }) => !TYPES.includes(data_type))
    .map(
      ({ name, data_type }) =>
        `"${name}" is ${data_type}, which Triton's pytorch backend has not; write one of ${TYPES.join(', ')}`,
    );
  const warnings: string[] = [];
  if (!signature) return { errors, warnings };
  const { arguments: all, returns, storages, trainingCalls } = signature;
  warnings.push(...randomWarning(trainingCalls));
  const shown = `forward(${all.map(({ name, type }) => `${name}: ${type}`).join(', ')}) -> ${returns}`;
  const takesDictionary = all.length === 1 && /^Dict\[str, Tensor\]$/.test(all[0].type);
  const foreign = all.filter(({ type, hasDefault }) => !isTensor(type) && !hasDefault);
  if (!takesDictionary && foreign.length > 0) {
    errors.push(
      `its ${shown} needs ${foreign.map(({ name }) => `"${name}"`).join(', ')}, and Triton gives tensors only; give the argument a default, or export a wrapper that sets it`,
    );
  } else if (!takesDictionary) {
    const required = all.filter(({ hasDefault }) => !hasDefault).length;
    if (input.length < required || input.length > all.length)
      errors.push(`the config has ${count(input.length, 'input')}, but the model is ${shown}`);
    const names = all.map(({ name }) => name);
    const byIndex = input.every(({ name }) => /__\d+$/.test(name));
    if (input.length > 1 && !byIndex && !input.every(({ name }) => names.includes(name))) {
      warnings.push(
        `The inputs ${input.map(({ name }) => `"${name}"`).join(', ')} go to ${shown} in the order of the config: name them ${names.join(', ')} or INPUT__0, INPUT__1, ...`,
      );
    }
  }
  const gives = tensorsIn(returns);
  if (gives === 'none')
    errors.push(
      `its ${shown} returns a ${returns}, and Triton takes a tensor, or a tuple or list of tensors; export a wrapper that returns those`,
    );
  else if (typeof gives === 'number' && output.length > gives)
    errors.push(`the config has ${count(output.length, 'output')}, but the model is ${shown}`);
  const floats = storages.filter((kind) => /^(Half|BFloat16|Float|Double)$/.test(kind));
  const mixed = input.filter(({ data_type }) => data_type === 'TYPE_FP32');
  if (floats.length > 0 && floats.every((kind) => kind === 'Half' || kind === 'BFloat16') && mixed.length > 0)
    warnings.push(
      `The model's weights are ${floats.join(' and ')}, but "${mixed[0].name}" is TYPE_FP32: unless forward casts, it fails; write TYPE_FP16`,
    );
  return { errors, warnings };
}

/** How many tensors a type stands for; "any" where the file does not tell. */
function tensorsIn(type: string): number | 'any' | 'none' {
  if (isTensor(type)) return 1;
  if (/^List\[/.test(type)) return 'any';
  const [, inner] = /^Tuple\[(.*)\]$/s.exec(type) ?? [];
  if (inner !== undefined) return splitTopLevel(inner).length;
  return /^(Dict\[|str$|int$|float$|bool$|None$)/.test(type) ? 'none' : 'any';
}

const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`;

/** `a: Dict[str, Tensor], b: int` at its outer commas. */
export function splitTopLevel(list: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const character of list) {
    if ('[('.includes(character)) depth++;
    if (')]'.includes(character)) depth--;
    if (character === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}
