import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const root = path.join(__dirname, '../../..');
const cache = process.env.AIAA_CACHE || path.join(root, '.cache');

/** A Python with nninteractive-client: that of its golden program (`node tests/golden/make.mjs nninteractive_arrays`). */
const python = path.join(cache, 'goldens/nninteractive/bin/python');
export const hasClient = existsSync(python);

export type ClientStep = [name: string, args: Record<string, unknown>];

/** What the client said of a step, and its mask after it. */
export interface ClientLine {
  step: string;
  answer?: unknown;
  box?: unknown;
  shape?: number[];
  supported?: Record<string, boolean>;
  error?: string;
  text?: string;
  sum?: number;
  sha256?: string;
}

/** Runs steps with the real client, in one session. */
export async function runClient(url: string, steps: readonly ClientStep[]): Promise<ClientLine[]> {
  const program = path.join(root, 'tests/golden/nninteractive_session.py');
  const { stdout } = await promisify(execFile)(python, [program, url, JSON.stringify(steps)]);
  return stdout.trim().split('\n').map((line) => JSON.parse(line) as ClientLine); // prettier-ignore
}
