import type { RawEntry } from '../archives/raw-entry';
import type { TritonModelConfig } from '../../triton/model-config';
import { foreignTorchCode } from '../operators/torch-code';
import {
  because,
  randomWarning,
  type InspectedModel,
  type ModelFile,
  type ModelFileFormat,
} from '../model-file-format';
import { textOf, withTorchArchive } from './torch-archive';

/**
 * Reads the signature of `forward` from a TorchScript file: `data.pkl` names the class of the network, `code/` holds its source
 * (torch/csrc/jit/docs/serialization.md of PyTorch).
 * @returns undefined when the file is of an older form that keeps its code elsewhere
 * @throws Error when the file is damaged
 */
export function readTorchSignature(path: string): Promise<TorchSignature | undefined> {
  return withTorchArchive(path, async (all) => {
    const entries = new Map(all.map((entry) => [entry.name, entry]));
    const pickleName = [...entries.keys()].find((name) => /^([^/]+\/)?data\.pkl$/.test(name));
    if (!pickleName) return undefined;
    const pickle = await textOf(entries.get(pickleName)!);
    // The first GLOBAL of the pickle is the class of the object that was saved.
    const [, module, className] = /c(__torch__[\w.]*)\n(\w+)\n/.exec(pickle) ?? [];
    const source = entries.get(`${pickleName.slice(0, -'data.pkl'.length)}code/${module?.replaceAll('.', '/')}.py`);
    if (!source) return undefined;
    const signature = forwardIn(await textOf(source), className);
    const storages = [...new Set([...pickle.matchAll(/ctorch\n(\w+)Storage\n/g)].map(([, kind]) => kind))];
    return signature && { ...signature, storages, trainingCalls: await trainingCalls(entries) };
  });
}

/** Functions that draw random numbers; dropout does where its last argument was traced as true. */
const DRAWING =
  /\btorch\.(rand|randn|rand_like|randn_like|randint|randint_like|randperm|normal|bernoulli_?|multinomial|poisson)\(/g;
const DROPPING = /\btorch\.((?:feature_|alpha_|feature_alpha_)?dropout_?)\([^()]*, True\)/g;

async function trainingCalls(entries: ReadonlyMap<string, RawEntry>): Promise<string[]> {
  const found = new Set<string>();
  for (const [name, entry] of entries) {
    const [, file] = /^[^/]+\/(code\/.+\.py)$/.exec(name) ?? [];
    if (!file) continue;
    const source = await textOf(entry);
    for (const pattern of [DRAWING, DROPPING])
      for (const [, call] of source.matchAll(pattern)) found.add(`torch.${call} in ${file}`);
  }
  return [...found];
}

type Forward = Pick<TorchSignature, 'arguments' | 'returns'>;

function forwardIn(source: string, className: string): Forward | undefined {
  const start = source.search(new RegExp(`^class ${className}\\(`, 'm'));
  const end = source.slice(start + 1).search(/^class /m);
  const body = source.slice(Math.max(start, 0), end < 0 ? undefined : start + 1 + end);
  const [, list, returns] = /^ {2}def forward\(([^]*?)\) -> ([^\n]+):\n/m.exec(body) ?? [];
  if (start < 0 || list === undefined) return undefined;
  const [, ...rest] = splitTopLevel(list);
  return {
    arguments: rest.map((text) => {
      const [, name, type, fallback] = /^\s*(\w+)\s*:\s*([^=]+?)\s*(=.*)?$/s.exec(text) ?? [];
      return { name: name ?? text.trim(), type: type ?? 'Tensor', hasDefault: fallback !== undefined };
    }),
    returns: returns.trim(),
  };
}

/** The signature of a TorchScript file: `forward` as it was compiled, without shapes. */
export interface TorchSignature {
  arguments: { name: string; type: string; hasDefault: boolean }[];
  /** `Tensor`, `Tuple[Tensor, Tensor]`, `Dict[str, Tensor]`, ... */
  returns: string;
  /** Kinds of the weights: `Float`, `Half`, `Double`, ... */
  storages: string[];
  /** Calls whose answers differ from one to the next, as `torch.dropout in code/__torch__/net.py`. */
  trainingCalls: string[];
}

/** The element types that Triton's pytorch backend takes. */
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
function splitTopLevel(list: string): string[] {
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

export const torchscript: ModelFileFormat = {
  title: 'a TorchScript model',
  suffixes: ['.pt', '.ts'],
  platform: 'pytorch_libtorch',
  backends: ['pytorch', 'libtorch'],
  fileName: 'model.pt',
  inspect,
};

async function inspect({ path }: ModelFile): Promise<InspectedModel> {
  const signature = await readTorchSignature(path).catch(because('its code cannot be read'));
  const foreign = await foreignTorchCode(path);
  const compare = (config: TritonModelConfig) => ({ ...checkTorchSignature(config, signature), completed: config });
  return { warnings: [], foreign: () => foreign, compare };
}
