import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fail } from '../errors';
import { archiveError, gunzip, openArchive, type Archive } from './archives/archive';
import { defaultLimits, type ArchiveLimits } from './archives/limits';
import { fileFormatOf, modelFile } from './inspect-model';
import { bareModel } from './layouts/bare-model';
import { Contents, type FoundPackage, type Layout, type LayoutOptions, type ModelChoice } from './layouts/layout';
import { mmar } from './layouts/mmar';
import { monaiBundle } from './layouts/monai-bundle';
import { nnunet, takeCheckpointAlone } from './layouts/nnunet';
import { tritonRepository } from './layouts/triton-repository';
import { gatherWeights } from './formats/onnx';
import type { ModelFile, RecognisedUpload } from './model-file-format';

/** The files of a model's author: `config_aiaa.json`, the model in any form, or both. */
export interface SentModel {
  config?: string;
  data: { path: string; name: string };
  /** Files that were sent beside it: weights of an ONNX model, in any order. */
  others?: readonly { path: string; name: string }[];
  choice?: ModelChoice;
}

/** The same with its archive opened. */
export interface OpenedModel {
  config: string;
  data: RecognisedUpload;
  bundleMetadata?: unknown;
  warnings: string[];
}

export interface OpenOptions {
  limits?: Partial<ArchiveLimits>;
  /** Whether models may bring code that Triton runs. @default false */
  allowCode?: boolean;
}

/** Those with a config of their own first. */
const layouts: readonly Layout[] = [mmar, monaiBundle, tritonRepository, nnunet, bareModel];

const SEND_CONFIG =
  'send its config_aiaa.json as form file "config", as in curl -X PUT -F config=@config_aiaa.json -F data=@model.zip';

/**
 * Opens what was sent as `data`: a model file is left where it is, an archive (zip, tar, tar.gz, gzip; known by content, not by suffix)
 * is checked as a whole and the model in it unpacked.
 * @param directory where files are unpacked to; its owner removes it
 * @throws BAD_MODEL_FILE, UNSAFE_ARCHIVE, CODE_NOT_ALLOWED, DISK_FULL
 */
export async function openUpload(
  { config, data, others = [], choice }: SentModel,
  directory: string,
  options: OpenOptions = {},
): Promise<OpenedModel> {
  const limits = { ...defaultLimits, ...options.limits };
  const sent = await Promise.all([data, ...others].map(({ path, name }) => modelFile(path, name)));
  const first = sent.find(isOnnx) ?? sent[0];
  const beside = sent.filter((file) => file !== first);
  const { file, kind } = await withoutGzip(first, directory, limits);
  if (kind && beside.length > 0) throw severalFiles(sent);
  const found =
    kind &&
    (await openLayout(file, kind, directory, limits, { config, choice, allowCode: options.allowCode ?? false }));
  const opened = found ?? (await openFile(file, beside, directory, { config, choice }));
  const text = opened.config ?? config;
  if (text === undefined) {
    const kind = found
      ? 'it has no config of its own (config/config_aiaa.json of an MMAR, configs/inference.json of a bundle, or config_aiaa.json beside the model)'
      : 'it came without a config, and is no archive with one (an MMAR or a MONAI bundle)';
    throw fail('BAD_MODEL_FILE', { file: data.name, what: `${kind}; ${SEND_CONFIG}` });
  }
  return { ...opened, config: text };
}

const isOnnx = ({ detected }: ModelFile) => 'format' in detected && detected.format === 'onnx';

const archiveKind = ({ detected }: ModelFile) => ('archive' in detected ? detected.archive : undefined);

/** A model file, with its weights where they were sent beside it. */
async function openFile(
  file: ModelFile,
  others: readonly ModelFile[],
  directory: string,
  options: Pick<LayoutOptions, 'config' | 'choice'>,
): Promise<FoundPackage> {
  if ('checkpoint' in file.detected && others.length === 0)
    return takeCheckpointAlone(file.path, file.name, directory, options);
  fileFormatOf(file);
  const warnings = unreadChoices(options);
  if (!isOnnx(file) && others.length > 0) throw severalFiles([file, ...others]);
  if (!isOnnx(file)) return { data: { path: file.path, name: file.name, file }, warnings };
  const { model, unused } = await gatherWeights(file, others, directory);
  if (unused.length > 0) throw severalFiles([file, ...others]);
  return { data: model, warnings };
}

/** Choices among what nnU-Net trained, made of something else. */
function unreadChoices({ choice = {} }: Pick<LayoutOptions, 'choice'>): string[] {
  const unread = Object.entries(choice).flatMap(([field, value]) => (value === undefined ? [] : [`"${field}"`]));
  return unread.length === 0
    ? []
    : [`The form field ${unread.join(', ')} was not used: it chooses in a results folder of nnU-Net, and this is none`];
}

function severalFiles(files: readonly { name: string }[]) {
  const names = files.map(({ name }) => name).join(', ');
  return fail('BAD_MODEL_FILE', {
    file: files[0].name,
    what: `several files came as "data" (${names}), and only an ONNX model may have its weights beside it; send one model, or zip what belongs together`,
  });
}

/** The file inside a gzip file, and which archive it is. */
async function withoutGzip(
  file: ModelFile,
  directory: string,
  limits: ArchiveLimits,
): Promise<{ file: ModelFile; kind?: 'zip' | 'tar' }> {
  const kind = archiveKind(file);
  if (kind !== 'gzip') return { file, kind };
  const path = join(directory, 'unpacked');
  const name = file.name.replace(/\.t(ar\.)?gz$/i, '.tar').replace(/\.gz$/i, '');
  await gunzip(file.path, path, limits).catch((error: unknown) => Promise.reject(archiveError(error, file.name)));
  const inner = await modelFile(path, name);
  const innerKind = archiveKind(inner);
  if (innerKind !== 'gzip') return { file: inner, kind: innerKind };
  throw fail('BAD_MODEL_FILE', { file: file.name, what: 'it is a gzip file inside a gzip file; pack it once' });
}

async function openLayout(
  file: ModelFile,
  kind: 'zip' | 'tar',
  directory: string,
  limits: ArchiveLimits,
  options: LayoutOptions,
): Promise<FoundPackage> {
  const archive = await openArchive(file, kind, limits);
  try {
    const { layout, contents } = findLayout(archive, file.name, directory);
    const found = await layout.take(contents, options);
    if (layout !== nnunet) found.warnings.push(...unreadChoices(options));
    const { root } = contents;
    if (root)
      found.warnings.unshift(
        `The archive has ${layout.title} in the folder ${root} instead of at its root; it was taken from there`,
      );
    return found;
  } finally {
    await archive.close();
    // The unpacked content of a gzip file is not needed any more, and may be large.
    if (file.path.startsWith(directory)) await rm(file.path, { force: true });
  }
}

/** At the root, or in one folder of it. */
function findLayout(archive: Archive, name: string, directory: string): { layout: Layout; contents: Contents } {
  const top = new Contents(archive, '', name, directory);
  const found = (contents: Contents) => {
    const layout = layouts.find((candidate) => candidate.matches(contents));
    return layout ? [{ layout, contents }] : [];
  };
  const atTop = found(top);
  const [first, ...others] = atTop.length > 0 ? atTop : top.folders().flatMap((folder) => found(top.at(folder)));
  if (others.length > 0) {
    const models = [first, ...others].map(({ contents }) => contents.root).join(', ');
    throw fail('BAD_MODEL_FILE', {
      file: name,
      what: `it has ${others.length + 1} models, in the folders ${models}; pack and upload each by itself`,
    });
  }
  if (first) return first;
  const some = archive.paths.slice(0, 5).join(', ') || 'nothing';
  throw fail('BAD_MODEL_FILE', {
    file: name,
    what: `it is an archive with ${some}${archive.paths.length > 5 ? ', ...' : ''}. Expected at its root, or one folder down: ${layouts.map(({ title }) => title).join('; ')}`,
  });
}
