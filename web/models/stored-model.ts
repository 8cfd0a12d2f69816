import { ask, AskError } from '../live/ask';

/** A model as `GET /admin/model` tells of it. */
export interface StoredModel {
  name: string;
  type: string | null;
  state: 'loading' | 'ready' | 'failed' | 'downloading';
  /** Why it is not ready. */
  reason: string;
  version?: number;
  platform?: string | null;
  /** ISO 8601. */
  uploaded?: string;
  /** Kept versions, oldest first. */
  versions?: { version: number; uploaded: string }[];
  warnings?: string[];
  last_call?: string | null;
  download?: { from: string; bytes: number; total?: number };
}

/** One inference on zeros. */
export interface DryRun {
  inputs: string[];
  outputs: string[];
  firstMs: number;
  secondMs: number;
  tensorsMb: number;
}

/** What the server says when it serves a model that was uploaded, rolled back, or examined. */
export interface Published {
  triton: { state: string; version: string; platform?: string | null };
  warnings: string[];
  dry_run?: DryRun;
  /** Of an examination. */
  errors?: string[];
}

/** One thing that is wrong with a config, and where. */
export interface ConfigProblem {
  /** As in `pre_transforms[2].args.pixdim`; empty for the whole. */
  path: string;
  message: string;
}

/** Loading a large model may take this long; the server's own deadline is shorter. */
export const PUBLISH_WITHIN_MS = 1_500_000;

export const modelPath = (name: string) => `admin/model/${encodeURIComponent(name)}`;

/** The browser may ask for a password first: somebody has to type it, and a deadline would take the dialog away. */
const PASSWORD_WITHIN_MS = 600_000;
let entered = false;

export async function listModels(): Promise<StoredModel[]> {
  const models = await ask<StoredModel[]>('admin/model', entered ? {} : { deadlineMs: PASSWORD_WITHIN_MS });
  entered = true;
  return models;
}

/** A sentence for people, also where the server may not be told apart from its guard. */
export function sentenceOf(error: unknown): string {
  if (error instanceof AskError && error.status === 401)
    return 'This page asks for the user and the password of the administrator: try again and enter them.';
  return error instanceof Error ? error.message : String(error);
}

/** All that is wrong with the config that was sent, or none when the error is about something else. */
export function problemsOf(error: unknown): ConfigProblem[] {
  const findings = error instanceof AskError ? error.details.findings : undefined;
  return Array.isArray(findings) ? (findings as ConfigProblem[]) : [];
}
