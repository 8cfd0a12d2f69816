import { join } from 'node:path';
import { fail } from '../../errors';
import type { Contents, TakenModel } from './layout';

/** `<prefix>.data-00000-of-00001` */
const SHARD = /^(.+)\.data-(\d{5})-of-(\d{5})$/;

/** Prefixes of the checkpoints in a folder: any of the three kinds of files counts, so that the missing ones can be named. */
export const findCheckpoints = ({ names }: Contents): string[] => [
  ...new Set(names.flatMap((name) => /^(.+)\.(index|meta|data-\d{5}-of-\d{5})$/.exec(name)?.[1] ?? [])),
];

/**
 * Unpacks a TensorFlow checkpoint. Of several the one is taken that the file `checkpoint` names, as TensorFlow does, else the last by
 * its step.
 * @throws BAD_MODEL_FILE naming the files that are missing
 */
export async function takeCheckpoint(contents: Contents): Promise<TakenModel> {
  const prefixes = findCheckpoints(contents);
  const latest = contents.has('checkpoint')
    ? /^model_checkpoint_path:\s*"(?:.*\/)?([^"/]+)"/m.exec(await contents.readText('checkpoint', 1 << 20))?.[1]
    : undefined;
  const step = (prefix: string) => Number(/-(\d+)$/.exec(prefix)?.[1] ?? Infinity);
  const prefix =
    prefixes.find((known) => known === latest) ??
    [...prefixes].sort((a, b) => Number(isWhole(contents, b)) - Number(isWhole(contents, a)) || step(b) - step(a))[0];
  const missing = ['.meta', '.index'].map((suffix) => prefix + suffix).filter((name) => !contents.has(name));
  const shards = contents.names.filter((name) => SHARD.exec(name)?.[1] === prefix);
  if (shards.length === 0) missing.push(`${prefix}.data-00000-of-00001`);
  if (missing.length > 0) {
    throw fail('BAD_MODEL_FILE', {
      file: contents.name,
      what: `the checkpoint "${prefix}" lacks ${missing.join(' and ')}; zip all of its files (zip model.zip ${prefix}.data-* ${prefix}.index ${prefix}.meta)`,
    });
  }
  const wanted = new Map([
    [`${prefix}.meta`, 'meta'],
    [`${prefix}.index`, 'index'],
    ...shards.map((name): [string, string] => [name, `data-${Number(SHARD.exec(name)![2])}`]),
  ]);
  const folder = await contents.unpack('checkpoint', wanted);
  const others = prefixes.filter((other) => other !== prefix);
  const numbers = shards.map((name) => Number(SHARD.exec(name)![2]));
  return {
    data: {
      path: folder,
      name: contents.name,
      checkpoint: {
        name: prefix,
        meta: join(folder, 'meta'),
        index: join(folder, 'index'),
        shards: new Map(numbers.map((shard) => [shard, join(folder, `data-${shard}`)])),
      },
    },
    warnings: others.length
      ? [`The archive has several checkpoints; ${prefix} was taken, not ${others.join(', ')}`]
      : [],
  };
}

const isWhole = (contents: Contents, prefix: string) =>
  contents.has(`${prefix}.meta`) && contents.has(`${prefix}.index`);
