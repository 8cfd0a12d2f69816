// node scripts/pin-images.mjs: the base images of the Dockerfile by digest, as build arguments, where their registry can be asked.
// Arguments are images to pin in their place: node scripts/pin-images.mjs nvcr.io/nvidia/tritonserver:25.02-py3
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitWith, root, SetupError } from './setup.mjs';

const WITHIN_MS = 30_000;
/** One digest for all platforms, where the registry has such a list. */
const FORMS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** What Docker makes of a short name. @see https://github.com/distribution/reference */
function partsOf(image) {
  const [, first, rest] = /^([^/]+)\/(.+)$/.exec(image) ?? [];
  const hasHost = first !== undefined && /[.:]|^localhost$/.test(first);
  const path = hasHost ? rest : image;
  const [, name, tag = 'latest'] = /^([^@]+?)(?::([^:/@]+))?$/.exec(path) ?? [];
  if (name === undefined) throw new SetupError(`"${image}" is no image with a tag, such as node:24-bookworm-slim`);
  if (hasHost) return { host: first, name, tag };
  return { host: 'registry-1.docker.io', name: name.includes('/') ? name : `library/${name}`, tag };
}

/** `name:tag@sha256:…`: the digest is that of the bytes which the registry sent (OCI distribution specification 1.1, pulling manifests). */
async function pinned(image) {
  const { host, name, tag } = partsOf(image);
  const scheme = /^(localhost|127\.0\.0\.1)(:|$)/.test(host) ? 'http' : 'https';
  const url = `${scheme}://${host}/v2/${name}/manifests/${tag}`;
  let answer = await ask(image, url);
  const wants = answer.headers.get('www-authenticate') ?? '';
  if (answer.status === 401 && /^bearer /i.test(wants))
    answer = await ask(image, url, await anonymousToken(image, wants));
  if (!answer.ok) throw new SetupError(`${image} has no digest: ${host} answered ${answer.status}`);
  const digest = `sha256:${createHash('sha256')
    .update(Buffer.from(await answer.arrayBuffer()))
    .digest('hex')}`;
  const told = answer.headers.get('docker-content-digest');
  if (told !== null && told !== digest)
    throw new SetupError(`${image}: ${host} says ${told}, and what it sent has ${digest}`);
  return `${image}@${digest}`;
}

/** @see https://distribution.github.io/distribution/spec/auth/token */
async function anonymousToken(image, wants) {
  const given = Object.fromEntries([...wants.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]));
  if (!URL.canParse(given.realm)) throw new SetupError(`${image}: its registry asks for a token and names no realm`);
  const url = new URL(given.realm);
  for (const key of ['service', 'scope']) if (given[key]) url.searchParams.set(key, given[key]);
  const answer = await ask(image, url);
  const { token, access_token: other = token } = answer.ok ? await answer.json() : {};
  if (!other) throw new SetupError(`${image}: ${url.host} gives no token without a login (${answer.status})`);
  return other;
}

async function ask(image, url, token) {
  const headers = { accept: FORMS, ...(token && { authorization: `Bearer ${token}` }) };
  try {
    return await fetch(url, { headers, signal: AbortSignal.timeout(WITHIN_MS) });
  } catch (error) {
    throw new SetupError(`${image}: ${new URL(url).host} cannot be asked: ${error.cause?.message ?? error.message}`);
  }
}

async function main() {
  const images = process.argv.slice(2);
  for (const image of images) console.log(await pinned(image));
  if (images.length > 0) return;
  const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');
  for (const [, name, image] of dockerfile.matchAll(/^ARG (\w+_IMAGE)=(\S+)$/gm))
    console.log(`--build-arg ${name}=${await pinned(image)}`);
}

main().catch(exitWith);
