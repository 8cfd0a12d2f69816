import { access, constants, mkdir } from 'node:fs/promises';
import { diskSentence } from './disk-errors';
import { messageOf } from './errors';
import { UsageError } from './flags';
import { portIsFree } from './http/servers';
import type { Settings } from './settings';
import { nameWorkspace } from './workspace/folders';
import { Gateways, WorkspaceInUse } from './workspace/gateways';

/**
 * Asks, before anything is started beside it, what would keep a gateway from starting: a workspace that cannot be written or that another gateway
 * uses, a port that is taken.
 * @param onWaiting hears that a gateway that may be gone is waited for
 * @throws UsageError, WorkspaceInUse, and what the disk says
 */
export async function preflight(settings: Settings, onWaiting: (who: string) => void): Promise<void> {
  const { workspace, auto_reload: shared, ssl, ssl_port: sslPort } = settings;
  nameWorkspace(workspace);
  await mkdir(workspace, { recursive: true });
  await access(workspace, constants.W_OK);
  await (await Gateways.join({ workspace, shared, onWaiting })).leave();
  await portIsFree(settings, 'port');
  if (ssl && sslPort !== undefined) await portIsFree(settings, 'ssl_port');
}

/** Writes why the gateway does not start to the terminal: one sentence, with a stack where nobody expected it. @returns the exit code */
export function sayWhyNot(error: unknown): number {
  const refused = diskSentence(error);
  const sentence = refused === undefined ? messageOf(error) : `${refused} (${messageOf(error)})`;
  process.stderr.write(`aiaa-triton-gateway: ${sentence}\n`);
  const expected = error instanceof UsageError || error instanceof WorkspaceInUse || refused !== undefined;
  if (!expected && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return error instanceof UsageError ? error.exitCode : 1;
}
