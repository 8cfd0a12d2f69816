import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setPassword, Users } from '../../gateway/access/users';
import { createApp } from '../../gateway/app';
import type { Endpoint } from '../../gateway/http/endpoint';
import { endpoints } from '../../gateway/http/endpoints';
import { appParts } from './app-parts';

const HERE = '127.0.0.1';
const ELSEWHERE = '203.0.113.9';
const evil = { origin: 'https://evil.example' };
const viewer = { origin: 'https://viewer.example' };
const password = { authorization: `Basic ${Buffer.from('admin:a long secret').toString('base64')}` };

type Headers = Record<string, string>;

/** Who asks: the address that the server sees, and headers. The server names one viewer. */
const situations: Record<string, [peer: string, headers: Headers]> = {
  'this machine': [HERE, {}],
  'through a proxy': [HERE, { 'x-forwarded-for': HERE }],
  'another host': [ELSEWHERE, {}],
  'another host, password': [ELSEWHERE, password],
  'named viewer': [ELSEWHERE, viewer],
  'named viewer, password': [ELSEWHERE, { ...viewer, ...password }],
  'foreign page': [HERE, evil],
  'foreign page, password': [HERE, { ...evil, ...password }],
  'foreign name': [HERE, { ...password, host: 'evil.example:5000', origin: 'http://evil.example:5000', 'sec-fetch-site': 'same-origin' }], // prettier-ignore
};

const refusals = /_(UNAUTHORIZED|FORBIDDEN|HOST)$/;
const servers: Server[] = [];
let workspace: string;

beforeAll(async () => {
  workspace = mkdtempSync(path.join(tmpdir(), 'who-'));
  await setPassword(workspace, 'admin', 'a long secret');
});
afterAll(() => {
  for (const server of servers) server.close().closeAllConnections();
  rmSync(workspace, { recursive: true, force: true });
});

/** A function that tells what a request gets: `yes` where it comes to the handler of its endpoint. */
async function serve(flags: Record<string, string> = {}) {
  const parts = { ...appParts({ cors_origins: viewer.origin, ...flags }), users: new Users({ workspace }) };
  const app = createApp(parts);
  let peer = HERE;
  const server = createServer((incoming, response) => {
    Object.defineProperty(incoming.socket, 'remoteAddress', { value: peer, configurable: true });
    app(incoming, response);
  }).listen(0, HERE);
  servers.push(server);
  await once(server, 'listening');
  return async ({ method, path: template }: Endpoint, [from, headers]: [string, Headers]): Promise<string> => {
    peer = from;
    const sent = request({
      port: (server.address() as AddressInfo).port,
      method: method.toUpperCase(),
      path: template.replace(/[:*]\w+/g, 'x'),
      headers,
    }).end();
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    // A page reads an answer where CORS lets it; a stream of events has no end.
    const isError = answer.headers['content-type']?.startsWith('application/json') && answer.statusCode! >= 400;
    const body = isError ? Buffer.concat(await answer.toArray()).toString() : '';
    sent.destroy();
    const told = (body ? JSON.parse(body) : {}) as { code?: string; error?: { code?: string } };
    const code = told.error?.code ?? told.code;
    return code !== undefined && refusals.test(code) && code !== 'PACS_FORBIDDEN' ? String(answer.statusCode) : 'yes';
  };
}

/** The table of the guide: endpoints with the same answers are one line. */
async function walk(): Promise<string> {
  const ask = await serve();
  const lines = new Map<string, string[]>();
  for (const endpoint of endpoints) {
    const cells: string[] = [];
    for (const situation of Object.values(situations)) cells.push(await ask(endpoint, situation));
    const key = [endpoint.access, ...cells].join(' | ');
    lines.set(key, [...(lines.get(key) ?? []), `\`${endpoint.method.toUpperCase()} ${endpoint.path}\``]);
  }
  const head = ['endpoints', 'who', ...Object.keys(situations)];
  const rows = [...lines].map(([cells, names]) => `| ${names.join(', ')} | ${cells} |`);
  return [`| ${head.join(' | ')} |`, `| ${head.map(() => '---').join(' | ')} |`, ...rows].join('\n');
}

test('every endpoint answers each caller as the table of docs/guides/hardening.md says', async () => {
  const guide = readFileSync(path.join(__dirname, '../../docs/guides/hardening.md'), 'utf8');
  const shown = /^\| endpoints \|.*(?:\n\|.*)+/m.exec(guide)?.[0];
  expect(shown).toBe(await walk());
});

const row = (method: string, template: string) =>
  endpoints.find((one) => one.method === method && one.path === template)!;
const [models, jobs, log, figures, list] = [
  row('get', '/admin/model'),
  row('get', '/v1/jobs'),
  row('get', '/logs'),
  row('get', '/metrics'),
  row('get', '/v1/models'),
];

test.each<[string, Record<string, string>, Endpoint, string, Headers, string]>([
  ['in a container this machine needs the password', { container: 'true' }, models, HERE, {}, '401'],
  ['and passes with it', { container: 'true' }, models, HERE, password, 'yes'],
  ['--admin_password asks no program here', { admin_user: 'a', admin_password: 'b' }, models, HERE, {}, 'yes'],
  ['and with --container every one', { admin_user: 'a', admin_password: 'b', container: 'true' }, models, HERE, {}, '401'], // prettier-ignore
  ['a trusted proxy of this machine, client here', { trust_proxy: 'loopback' }, log, HERE, { 'x-forwarded-for': '127.0.0.1' }, 'yes'], // prettier-ignore
  [
    'a trusted proxy, client elsewhere',
    { trust_proxy: 'loopback' },
    log,
    HERE,
    { 'x-forwarded-for': ELSEWHERE },
    '401',
  ],
  ['a trusted proxy that names no client', { trust_proxy: 'loopback' }, log, HERE, { via: '1.1 proxy' }, '401'],
  ['a client that claims to be here', { trust_proxy: 'loopback, 10.0.0.0/8' }, log, HERE, { 'x-forwarded-for': '127.0.0.1, 10.1.1.1' }, '401'], // prettier-ignore
  ['a trusted proxy elsewhere, client there', { trust_proxy: ELSEWHERE }, log, ELSEWHERE, { 'x-forwarded-for': '127.0.0.1' }, '401'], // prettier-ignore
  ['--metrics_hosts lets an address read /metrics', { metrics_hosts: '203.0.113.0/24' }, figures, ELSEWHERE, {}, 'yes'],
  ['and nothing else', { metrics_hosts: '203.0.113.0/24' }, log, ELSEWHERE, {}, '401'],
  ['not what a proxy there passes on', { metrics_hosts: ELSEWHERE }, figures, ELSEWHERE, { forwarded: 'for=1.2.3.4' }, '401'], // prettier-ignore
  ['--client_hosts keeps others from the models', { client_hosts: '10.0.0.0/8' }, list, ELSEWHERE, {}, '403'],
  [
    '--admin_hosts keeps others out, password or not',
    { admin_hosts: '10.0.0.0/8' },
    models,
    ELSEWHERE,
    password,
    '403',
  ],
  ['--hosts names the server', { hosts: 'ai.example' }, list, ELSEWHERE, { host: 'ai.example' }, 'yes'],
  ['X-Forwarded-Host does not stand in for Host', { trust_proxy: 'loopback' }, list, HERE, { host: 'evil.example', 'x-forwarded-host': 'localhost' }, '421'], // prettier-ignore
  ['nor hide a foreign one', { trust_proxy: 'loopback' }, list, HERE, { 'x-forwarded-host': 'evil.example' }, '421'],
  ['a proxy that sends X-Real-IP alone', {}, log, HERE, { 'x-real-ip': ELSEWHERE }, '401'],
  ['a named viewer in a browser of this machine', {}, models, HERE, viewer, '401'],
  ['and with the password', {}, models, HERE, { ...viewer, ...password }, 'yes'],
  ['the page of this server', {}, models, HERE, { host: 'localhost:5000', origin: 'http://localhost:5000' }, 'yes'],
  ['a page on another port', {}, models, HERE, { host: 'localhost:5000', origin: 'http://localhost:3000' }, '403'],
  ['a page without an origin', {}, models, HERE, { origin: 'null' }, '403'],
  ['an image in a foreign page', {}, log, HERE, { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, '403'],
  ['a link that was followed', {}, log, HERE, { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }, 'yes'], // prettier-ignore
  ['* lets every page call models', { cors_origins: '*' }, list, HERE, evil, 'yes'],
  ['and not do what operators do', { cors_origins: '*' }, jobs, HERE, evil, '403'],
  ['--aiaa_defaults opens models', { aiaa_defaults: 'true' }, models, ELSEWHERE, {}, 'yes'],
  ['the log', { aiaa_defaults: 'true' }, log, ELSEWHERE, {}, 'yes'],
  ['not to every page', { aiaa_defaults: 'true', cors_origins: '*' }, models, ELSEWHERE, evil, '403'],
  ['nor by every name', { aiaa_defaults: 'true' }, models, ELSEWHERE, { host: 'evil.example' }, '421'],
  ['nor models, with --admin_password', { aiaa_defaults: 'true', admin_user: 'a', admin_password: 'b' }, models, ELSEWHERE, {}, '401'], // prettier-ignore
])('%s', async (_, flags, endpoint, peer, headers, expected) => {
  const ask = await serve(flags);
  expect(await ask(endpoint, [peer, headers])).toBe(expected);
});
