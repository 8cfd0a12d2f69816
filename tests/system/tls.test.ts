import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get as httpsGet } from 'node:https';
import { connect, type ConnectionOptions } from 'node:tls';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { selfSigned } from './certificate';
import { startGateway, type RunningGateway } from './running-gateway';

let folder: string;
let files: { ssl_cert_file: string; ssl_pkey_file: string };
let gateway: RunningGateway | undefined;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tls-'));
  const { cert, key } = selfSigned(folder);
  files = { ssl_cert_file: cert, ssl_pkey_file: key };
});
afterEach(async () => {
  await gateway?.stop();
  gateway = undefined;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const start = (flags: Record<string, string | number>) =>
  startGateway({ tritonUrl: 'grpc://127.0.0.1:1', repository: path.join(folder, 'models/repo'), flags });

/** As NVIDIA's Python client: any certificate will do. */
function ask(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = httpsGet(url, { rejectUnauthorized: false, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk)).on('end', () => resolve(text));
    });
    request.once('error', reject);
  });
}

test('https on a port of its own, plain http beside it', async () => {
  gateway = await start({ ssl: 'true', ssl_port: 0, ...files });
  const secure = `https://127.0.0.1:${gateway.sslPort}`;
  expect(gateway.sslPort).not.toBe(Number(new URL(gateway.url).port));
  expect(await (await fetch(`${gateway.url}/`)).text()).toContain(`Python client:  ${gateway.url}\n`);
  expect(await ask(`${secure}/`)).toContain(`Python client:  ${secure}\n`);
  expect(await ask(`${secure}/v1/models`)).toBe('[]');
  expect(gateway.log().flatMap(({ message, url }) => (message === 'listening' ? [url] : []))).toEqual([
    gateway.url,
    secure,
  ]);
});

test('without --ssl_port the port itself speaks https, as in AIAA', async () => {
  gateway = await start({ ssl: 'true', ...files });
  expect(gateway.sslPort).toBeUndefined();
  expect(await ask(`${gateway.url.replace('http:', 'https:')}/v1/models`)).toBe('[]');
  await expect(fetch(`${gateway.url}/v1/models`)).rejects.toThrow();
});

/** The version that both agree on, or why they do not. */
function shake(port: number, options: ConnectionOptions): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options }, () => {
      resolve(socket.getProtocol()!);
      socket.destroy();
    });
    socket.once('error', ({ message }) => resolve(message));
  });
}

test('modern ciphers alone, and browsers are told to come by https again', async () => {
  gateway = await start({ ssl: 'true', ssl_port: 0, ...files });
  const port = gateway.sslPort!;
  expect(await shake(port, {})).toBe('TLSv1.3');
  expect(await shake(port, { maxVersion: 'TLSv1.2' })).toBe('TLSv1.2');
  const old = { maxVersion: 'TLSv1.2', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
  expect(await shake(port, { ...old, maxVersion: 'TLSv1.1' })).toMatch(/alert|version/i);
  for (const ciphers of ['AES128-GCM-SHA256', 'AES256-SHA', 'ECDHE-RSA-AES128-SHA'])
    expect(await shake(port, { ...old, ciphers: `${ciphers}:@SECLEVEL=0` })).toMatch(/handshake failure/);
  const { headers: plain } = await fetch(`${gateway.url}/health/live`);
  expect(plain.has('strict-transport-security')).toBe(false);
  const secure = new Promise<string | undefined>((resolve) => {
    httpsGet({ port, path: '/health/live', rejectUnauthorized: false, agent: false }, ({ headers }) =>
      resolve(headers['strict-transport-security']),
    );
  });
  expect(await secure).toBe('max-age=31536000');
});

test('a certificate that is none ends the start with a sentence', async () => {
  const none = path.join(folder, 'none.crt');
  await expect(start({ ssl: 'true', ...files, ssl_cert_file: none })).rejects.toThrow(/--ssl_cert_file cannot be read/);
  writeFileSync(none, 'no PEM');
  await expect(start({ ssl: 'true', ...files, ssl_cert_file: none })).rejects.toThrow(/no certificate with its key/);
});
