import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { root } from './setup.mjs';

/** Triton's in docker-compose.yml and Kubernetes; the second where the gateway is the first. */
const TRITON_UIDS = [65532, 65533];

/**
 * Who gateway and Triton are, each `{ uid, gid }`, or this user where it is missing. Root gives Triton a user of its own, so that a model that breaks
 * out of it finds neither workspace nor code it could change; both are in one group.
 * @param {{ triton_group?: number, workspace: string, model_repository: string }} settings
 * @param {string[]} needed paths that Triton needs besides the repository
 * @returns {{ gateway?: object, triton?: object, why?: string }} `why` Triton has no user of its own
 */
export function usersFor({ triton_group: group, workspace, model_repository: repository }, needed = []) {
  if (process.getuid?.() !== 0)
    return {
      why: 'Triton runs as the same user as the gateway, so a model that breaks out of it can read the workspace: only root can give it another one (docker compose does, too)',
    };
  // start_aas.sh says whose workspace it is.
  const [owner, ownersGroup] = (process.env.AIAA_GATEWAY_USER ?? '').split(':').map(Number);
  const gateway = owner ? { uid: owner, gid: ownersGroup } : undefined;
  const uid = TRITON_UIDS.find((one) => one !== owner);
  const triton = { uid, gid: group ?? gateway?.gid ?? uid };
  // The gateway opens the way through the workspace itself.
  const isInside = !relative(workspace, repository).startsWith('..');
  const wanted = [existing(dirname(isInside ? workspace : repository)), ...needed];
  const closed = wanted.find((path) => spawnSync('test', ['-x', path], { ...triton, stdio: 'ignore' }).status !== 0);
  if (closed === undefined) return { gateway, triton };
  return {
    gateway,
    why: `Triton runs as the same user as the gateway, so a model that breaks out of it can read the workspace: the user ${uid}, which it would be, cannot get to ${closed}. Put it where everybody may pass (AIAA_CACHE, --workspace, --model_repository, or the whole checkout)`,
  };
}

const existing = (path) => (existsSync(path) ? path : existing(dirname(path)));

/** Does something as a user, to whom what is made belongs. */
export async function asUser(user, work) {
  if (!user) return work();
  process.setegid(user.gid);
  process.seteuid(user.uid);
  try {
    return await work();
  } finally {
    process.seteuid(0);
    process.setegid(0);
  }
}

/** Makes the repository before Triton starts, for its group, and closes the workspace to others. */
export async function openRepository({ workspace, model_repository: repository }, { gid: group }) {
  mkdirSync(workspace, { recursive: true });
  chmodSync(workspace, statSync(workspace).mode & 0o770);
  const { letGroupIn } = createRequire(import.meta.url)(join(root, 'dist/workspace/durable-files.js'));
  await letGroupIn(repository, { group, closed: workspace });
}
