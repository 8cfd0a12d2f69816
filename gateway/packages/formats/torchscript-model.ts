import { open } from 'node:fs/promises';
import { messageOf } from '../../errors';
import { defaultLimits } from '../archives/limits';
import type { RawEntry } from '../archives/raw-entry';
import { readZipEntries } from '../archives/zip';
import type { InspectedModel, ModelFile, PackageBuilder } from '../package-builder';
import { checkTorchSignature, splitTopLevel, type TorchSignature } from './check-torch-signature';

/** TorchScript of large networks has a few thousand entries, its code and pickle a few megabytes. */
const LIMITS = { ...defaultLimits, entries: 200_000 };
const MAX_PART_BYTES = 64 << 20;

/**
 * Reads the signature of `forward` from a TorchScript file: `data.pkl` names the class of the network, `code/` holds its source
 * (torch/csrc/jit/docs/serialization.md of PyTorch).
 * @returns undefined when the file is of an older form that keeps its code elsewhere
 * @throws Error when the file is damaged
 */
export async function readTorchSignature(path: string): Promise<TorchSignature | undefined> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const entries = new Map((await readZipEntries(file, size, LIMITS)).map((entry) => [entry.name, entry]));
    const pickleName = [...entries.keys()].find((name) => /^([^/]+\/)?data\.pkl$/.test(name));
    if (!pickleName) return undefined;
    const pickle = await contentOf(entries.get(pickleName)!);
    // The first GLOBAL of the pickle is the class of the object that was saved.
    const [, module, className] = /c(__torch__[\w.]*)\n(\w+)\n/.exec(pickle) ?? [];
    const source = entries.get(`${pickleName.slice(0, -'data.pkl'.length)}code/${module?.replaceAll('.', '/')}.py`);
    if (!source) return undefined;
    const signature = forwardIn(await contentOf(source), className);
    const storages = [...new Set([...pickle.matchAll(/ctorch\n(\w+)Storage\n/g)].map(([, kind]) => kind))];
    return signature && { ...signature, storages, trainingCalls: await trainingCalls(entries) };
  } finally {
    await file.close();
  }
}

async function contentOf(entry: RawEntry): Promise<string> {
  if (entry.bytes > MAX_PART_BYTES) throw new Error(`its ${entry.name} has ${entry.bytes} bytes`);
  const chunks: Buffer[] = [];
  for await (const chunk of await entry.open()) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('latin1');
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
    const source = await contentOf(entry);
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

export const torchscript: PackageBuilder = {
  title: 'a TorchScript model',
  suffixes: ['.pt', '.ts'],
  platform: 'pytorch_libtorch',
  backends: ['pytorch', 'libtorch'],
  fileName: 'model.pt',
  inspect,
};

async function inspect({ path }: ModelFile): Promise<InspectedModel> {
  try {
    const signature = await readTorchSignature(path);
    const compare: InspectedModel['compare'] = (completed) => ({
      ...checkTorchSignature(completed, signature),
      completed,
    });
    return { errors: [], warnings: [], compare };
  } catch (error) {
    return { errors: [`its code cannot be read: ${messageOf(error)}`], warnings: [] };
  }
}
