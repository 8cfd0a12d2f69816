import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeNifti1 } from '../imaging/formats/nifti/make-nifti';
import { selfSigned } from './certificate';
import { nginxIsThere, startNginx, type RunningNginx } from './nginx';
import { multipartBody } from './raw-http';
import { startGateway, type RunningGateway } from './running-gateway';
import { describeThatNeeds } from '../needs';

const MB = 2 ** 20;
describeThatNeeds('nginx', nginxIsThere)('through deploy/nginx/gateway.conf', () => {
  let folder: string;
  let gateway: RunningGateway;
  let nginx: RunningNginx;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'nginx-'));
    // Nothing here runs a model: sessions and pages need no Triton.
    gateway = await startGateway({
      tritonUrl: 'grpc://127.0.0.1:1',
      repository: path.join(folder, 'models/repo'),
      flags: { root_path: '/aiaa', trust_proxy: 'loopback', cors_origins: 'https://viewer', stall_timeout: 5 },
    });
    nginx = await startNginx(folder, Number(new URL(gateway.url).port), selfSigned(folder));
  });
  afterAll(async () => {
    await nginx?.stop();
    await gateway?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** An https request through nginx. */
  function ask(
    method: string,
    target: string,
    { body, headers = {} }: { body?: Buffer; headers?: Record<string, string> } = {},
  ): Promise<{ status: number; text: string; headers: Record<string, unknown>; continued: boolean }> {
    return new Promise((resolve, reject) => {
      let continued = false;
      const port = nginx.port;
      const sent = request(
        { host: '127.0.0.1', port, method, path: target, headers, rejectUnauthorized: false },
        (got) => {
          const chunks: Buffer[] = [];
          got.on('data', (chunk: Buffer) => chunks.push(chunk));
          got.on('end', () =>
            resolve({
              status: got.statusCode!,
              text: Buffer.concat(chunks).toString(),
              headers: got.headers,
              continued,
            }),
          );
        },
      );
      sent.once('error', reject);
      if (headers.expect) sent.once('continue', () => ((continued = true), sent.end(body)));
      else sent.end(body);
    });
  }

  test('a session of 50 MB is uploaded, after 100 Continue, without lying on the disk of nginx', async () => {
    const voxels = new Uint8Array(256 * 256 * 400 * 2).fill(3);
    const image = makeNifti1({ dim: [256, 256, 400], datatype: 4, voxels });
    expect(image.length).toBeGreaterThan(50 * MB);
    const body = multipartBody('edge', [[['Content-Disposition: form-data; name="image"; filename="ct.nii"'], image]]);
    const headers = {
      'content-type': 'multipart/form-data; boundary=edge',
      'content-length': String(body.length),
      expect: '100-continue',
    };
    const { status, text, continued } = await ask('PUT', '/aiaa/session/', { body, headers });
    expect([status, continued]).toEqual([200, true]);
    const { session_id: id } = JSON.parse(text);
    const kept = path.join(gateway.workspace, 'sessions', id);
    expect(readdirSync(kept).map((name) => statSync(path.join(kept, name)).size)).toContain(image.length);
    expect((await ask('GET', `/aiaa/session/${id}`)).status).toBe(200);
    expect((await ask('DELETE', `/aiaa/session/${id}`)).status).toBe(200);
    expect(readdirSync(path.join(folder, 'client_body'))).toEqual([]);
    expect(nginx.errors()).not.toMatch(/buffered to a temporary file/);
  });

  test('the URLs it shows are the public ones; pages and viewer are served beside each other', async () => {
    const server = `https://127.0.0.1:${nginx.port}/aiaa`;
    expect((await ask('GET', '/aiaa/')).text).toContain(`Python client:  ${server}\n`);
    expect(JSON.parse((await ask('GET', '/aiaa/docs/openapi.json')).text).servers).toEqual([{ url: server }]);
    expect((await ask('GET', '/aiaa/nothing')).text).toContain(`${server}/v1/models`);
    expect((await ask('GET', '/aiaa/v1/models')).text).toBe('[]');
    expect((await ask('GET', '/study/1')).text).toBe('the viewer');
  });

  test('CORS headers are there once, on errors too', async () => {
    const { status, headers } = await ask('GET', '/aiaa/session/none', { headers: { origin: 'https://viewer' } });
    expect([status, headers['access-control-allow-origin']]).toEqual([404, 'https://viewer']);
  });

  test('events of a job come one by one', async () => {
    // An upload that stops half-way: a job that lives until the gateway loses its patience, after five seconds.
    const { hostname, port } = new URL(gateway.url);
    const upload = connect(Number(port), hostname);
    const head =
      'content-type: multipart/form-data; boundary=edge\r\ncontent-length: 1000000\r\nx-request-id: half-way';
    upload.write(`POST /v1/segmentation?model=none HTTP/1.1\r\nhost: localhost\r\n${head}\r\n\r\n--edge\r\n`);
    upload.on('error', () => undefined).resume();
    const states = await new Promise<string[]>((resolve, reject) => {
      const chunks: string[] = [];
      const sent = request(
        {
          host: '127.0.0.1',
          port: nginx.port,
          path: '/aiaa/v1/jobs/half-way',
          headers: { accept: 'text/event-stream' },
          rejectUnauthorized: false,
        },
        (got) => {
          got.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
          got.on('end', () => resolve(chunks));
        },
      );
      sent.once('error', reject).end();
    });
    upload.destroy();
    expect(states.length).toBeGreaterThan(1);
    expect(states[0]).toMatch(/^event: job\ndata: .*"state":"queued"/);
    expect(states.at(-1)).toMatch(/"state":"failed"/);
  });
});
