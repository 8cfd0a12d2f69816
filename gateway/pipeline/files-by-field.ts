import { numberedFiles } from '../imaging/formats/numbered-files';
import type { ModelSpec } from '../model-spec';
import { imagesOf } from '../transforms/definition';
import { findTransform } from '../transforms/registry';
import type { SampleFile } from '../transforms/sample';
import type { FormFile, Job } from './job';
import { known, say, type Sentence } from '../sentence';

/** Of names that a client chose, in a sentence. */
const MOST_LETTERS = 60;
const MOST_NAMED = 8;

/**
 * The files of a request by the field that a loader reads them into. A form file is meant for the field it is named after; several of one name
 * are its channels. The first one is the model's main image under any name: clients call it `image`, `file` or `datapoint`. For a model of
 * nnU-Net's, files of numbered names are channels too.
 */
export function filesByField({ spec, image, files = [] }: Pick<Job, 'spec' | 'image' | 'files'>): Map<string, SampleFile[]> {
  const loaded = loadedFields(spec);
  const input = spec.inference.inputs[0]?.field ?? 'image';
  const main = loaded.length === 0 || loaded.includes(input) ? input : loaded[0];
  if (files.length === 0) return new Map([[main, [image]]]);

  const channels = spec.pre.some(({ name }) => name === 'NnunetLoadd') ? numberedFiles(files) : undefined;
  if (channels?.every(({ length }) => length === 1)) return new Map([[main, channels.flat().map(sampleFile)]]);
  const byName = new Map<string, SampleFile[]>();
  for (const file of files) byName.set(file.field, [...(byName.get(file.field) ?? []), sampleFile(file)]);
  const [[first, firstFiles]] = byName;
  const named = [...byName].filter(([name]) => loaded.includes(name));
  return new Map(loaded.includes(first) ? named : [[main, firstFiles], ...named.filter(([name]) => name !== main)]);
} // prettier-ignore

const sampleFile = ({ path, name, converted }: FormFile): SampleFile => ({
  path,
  name,
  ...(converted && { converted }),
});

/** One sentence about the form files that no loader reads; undefined when there are none. */
export function unreadFiles(job: Pick<Job, 'spec' | 'image' | 'files'>): Sentence | undefined {
  const read = filesByField(job);
  const paths = new Set([...read.values()].flat().map(({ path }) => path));
  const unread = (job.files ?? []).filter(({ path }) => !paths.has(path)).map(({ field }) => `"${field.slice(0, MOST_LETTERS)}"`);
  if (unread.length === 0) return undefined;
  const names = [...new Set(unread)].slice(0, MOST_NAMED).join(', ');
  const loads = known([...read.keys()].map((name) => `"${name}"`).join(', '));
  return say`The form file ${names} was not used; this model loads ${loads}.`;
} // prettier-ignore

/** The files that the loaders of the chain read, each once. */
function loadedFields({ pre }: ModelSpec): string[] {
  const loaders = pre.flatMap(({ name, args }) => {
    const definition = findTransform(name);
    return definition?.kind === 'load' ? imagesOf(definition, args) : [];
  });
  return [...new Set(loaders)];
}
