import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { root } from './programs';

/** As a registry sends it, byte by byte: the digest is that of these bytes. */
const index = Buffer.from(
  JSON.stringify(
    { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [] },
    undefined,
    3,
  ),
);
const digest = `sha256:${createHash('sha256').update(index).digest('hex')}`;
const asked: IncomingMessage[] = [];
/** How the registry of a test answers; tokens come from the path /token of the same server. */
let manifest: (request: IncomingMessage, response: ServerResponse) => void;

const registry = createServer((request, response) => {
  asked.push(request);
  if (!request.url!.startsWith('/token')) return manifest(request, response);
  response.end(JSON.stringify({ token: 'of an anonymous reader' }));
});
let host: string;
beforeAll(async () => {
  await once(registry.listen(0, '127.0.0.1'), 'listening');
  host = `127.0.0.1:${(registry.address() as AddressInfo).port}`;
});
beforeEach(() => void asked.splice(0));
afterAll(() => registry.close().closeAllConnections());

/** The Registry HTTP API V2, as a distribution registry and its token server speak it. */
const withToken = (request: IncomingMessage, response: ServerResponse) => {
  if (request.headers.authorization !== 'Bearer of an anonymous reader')
    return response
      .writeHead(401, {
        'www-authenticate': `Bearer realm="http://${host}/token",service="registry.example",scope="repository:nvidia/tritonserver:pull"`,
      })
      .end('{"errors":[{"code":"UNAUTHORIZED"}]}');
  response.writeHead(200, {
    'content-type': 'application/vnd.oci.image.index.v1+json',
    'docker-content-digest': digest,
  });
  return response.end(index);
};

const pin = (image: string) =>
  new Promise<string>((resolve) =>
    execFile(process.execPath, [path.join(root, 'scripts/pin-images.mjs'), image], (_, out, complaint) =>
      resolve((out + complaint).trim()),
    ),
  );

test('an image is pinned to the digest of its list of platforms, with the token that an anonymous reader gets', async () => {
  manifest = withToken;
  const image = `${host}/nvidia/tritonserver:26.11-py3`;
  expect(await pin(image)).toBe(`${image}@${digest}`);
  expect(asked.map(({ url }) => url)).toEqual([
    '/v2/nvidia/tritonserver/manifests/26.11-py3',
    '/token?service=registry.example&scope=repository%3Anvidia%2Ftritonserver%3Apull',
    '/v2/nvidia/tritonserver/manifests/26.11-py3',
  ]);
  expect(asked[0].headers.accept).toMatch(/^application\/vnd\.oci\.image\.index\.v1\+json, .*manifest\.list\.v2/);
});

test.each<[string, () => string, (request: IncomingMessage, response: ServerResponse) => void, RegExp]>([
  ['a tag that is not there', () => `${host}/node:25`, (_, response) => response.writeHead(404).end(), /node:25 has no digest: .* answered 404/],
  ['a digest that is not that of the bytes', () => `${host}/node:24`, (_, response) => response.writeHead(200, { 'docker-content-digest': `sha256:${'0'.repeat(64)}` }).end(index), /says sha256:0{64}, and what it sent has sha256:/],
  ['a registry that is away', () => '127.0.0.1:1/node:24', (_, response) => response.end(), /127\.0\.0\.1:1\/node:24: 127\.0\.0\.1:1 cannot be asked: /],
  ['an image without a name', () => 'node@sha256:1', (_, response) => response.end(), /"node@sha256:1" is no image with a tag/],
])('%s: one sentence, and no digest', async (_, image, answer, sentence) => {
  manifest = answer;
  const said = await pin(image());
  expect(said).toMatch(sentence);
  expect(said).not.toContain('@sha256:0');
  expect(said.split('\n')).toHaveLength(1);
}); // prettier-ignore
