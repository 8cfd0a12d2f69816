import { z } from 'zod';
import { messageOf } from '../errors';
import { whyDisk } from '../disk-errors';
import type { TritonModelConfig } from '../triton/model-config';

/** `package.json` of a version. */
export const packageRecord = z.object({
  /** Triton's platform for the model file, for example `onnxruntime_onnx`; `none` without one. */
  platform: z.string(),
  /** Name of the model file (or folder) in the version's folder, for example `model.onnx`; absent for pipelines, which have only a config. */
  file: z.string().optional(),
  /** `metadata.json` of a MONAI bundle. */
  bundleMetadata: z.unknown().optional(),
  /** The config.pbtxt that came with the model. */
  tritonConfig: z.custom<TritonModelConfig>((value) => typeof value === 'object' && value !== null).optional(),
  /** When it was uploaded (ISO 8601). */
  uploaded: z.string(),
});

const number = z.int().positive();
/** `current.json`: the version to be served, all that are kept to go back to, oldest first, and the name of the change that said so. */
export const currentRecord = z
  .object({ version: number, kept: z.array(number).optional(), change: z.string().default('') })
  .transform(({ version, kept = [], change }) => ({ version, kept: [...new Set([...kept, version])], change }));

/** The facts of one version of a model besides its files. */
export type PackageRecord = z.output<typeof packageRecord>;

/** The version to serve; `damage` says why the record cannot be read. */
export type Current = z.output<typeof currentRecord> & { damage?: string };

/** The change of a model whose `current.json` cannot be read. */
export const UNKNOWN_CHANGE = 'unknown';

/** Why a record cannot be read and what to do, without a path of this server: clients are told. */
export function damageOf(record: string, error: unknown): string {
  const wrongFields = error instanceof z.ZodError && z.prettifyError(error).replace(/\s*\n\s*/g, ' ');
  const why = wrongFields || whyDisk(error) || messageOf(error);
  return `the record of ${record} on this server's disk cannot be read (${why}): go back to another version, upload the model again, or delete it`;
}
