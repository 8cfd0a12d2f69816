// node scripts/pin-images.mjs: the base images of the Dockerfile by digest, as build arguments, where Docker can ask their registry.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitWith, root, SetupError } from './setup.mjs';

/** `name:tag@sha256:…` of an image that is pulled for it. */
function pinned(image) {
  const docker = (...args) => spawnSync('docker', args, { encoding: 'utf8' });
  const pull = docker('pull', '--quiet', image);
  if (pull.error) throw new SetupError(`docker cannot be started: ${pull.error.message}`);
  if (pull.status !== 0) throw new SetupError(`${image} cannot be pulled: ${pull.stderr.trim()}`);
  const { stdout } = docker('image', 'inspect', '--format', '{{range .RepoDigests}}{{.}} {{end}}', image);
  const digest = /@(sha256:[0-9a-f]{64})/.exec(stdout)?.[1];
  if (!digest) throw new SetupError(`${image} has no digest: it comes from no registry`);
  return `${image}@${digest}`;
}

try {
  const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');
  for (const [, name, image] of dockerfile.matchAll(/^ARG (\w+_IMAGE)=(\S+)$/gm))
    console.log(`--build-arg ${name}=${pinned(image)}`);
} catch (error) {
  exitWith(error);
}
