import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { archives } from '../../gateway/cli/totalsegmentator/archives';
import { chooseTask, networksOf, packOf, taskNames } from '../../gateway/cli/totalsegmentator/tasks';
import { Terminal } from '../../gateway/cli/terminal';
import { parseModelConfig } from '../../gateway/config/parse-model-config';
import { fetchThroughProxy, proxyFor } from '../../gateway/download/proxy';
import { answerInTurn, closeAnswering, type Answer } from '../answers-in-turn';
import { until } from '../until';

const archive = randomBytes(300_000);
const FAST = 'Dataset297_TotalSegmentator_total_3mm_1559subj.zip';
const terminal = new Terminal(true);

let folder: string;
const proxies = ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'].flatMap((name) => [name, name.toUpperCase()]);
const before = new Map(proxies.map((name) => [name, process.env[name]]));

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'weights-'));
  for (const name of proxies) delete process.env[name];
});

afterEach(() => {
  closeAnswering();
  rmSync(folder, { recursive: true, force: true });
  for (const [name, value] of before) if (value !== undefined) process.env[name] = value;
});

const serve = (...answers: Answer[]) => answerInTurn(['range', 'host'], ...answers);

const whole: Answer = ({ headers: { range } }, response) => {
  const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
  const part = archive.subarray(from);
  const common = { etag: '"v1"', 'content-length': part.length };
  if (from === 0) response.writeHead(200, common).end(part);
  else response.writeHead(206, { ...common, 'content-range': `bytes ${from}-${archive.length - 1}/${archive.length}` }).end(part);
}; // prettier-ignore

const cutAfter =
  (bytes: number): Answer =>
  (_request, response) => {
    response.writeHead(200, { etag: '"v1"', 'content-length': archive.length });
    response.write(archive.subarray(0, bytes));
    const part = path.join(folder, `${FAST}.part`);
    void until(() => existsSync(part) && statSync(part).size === bytes).then(() => response.destroy());
  };

const fetched = (baseUrl: string, numbers = [297]) =>
  archives(numbers, 'total-fast', { folder, baseUrl, timeoutSeconds: 60, retryMs: 1 }, terminal);

test('an archive whose line breaks goes on where it stopped', async () => {
  const { url, requests } = await serve(cutAfter(100_000), whole);
  const paths = await fetched(`${url}/releases/`);
  expect(readFileSync(paths.get(297)!)).toEqual(archive);
  expect(requests.map(({ url: asked, range }) => [asked, range])).toEqual([
    [`/releases/v2.0.0-weights/${FAST}`, undefined],
    [`/releases/v2.0.0-weights/${FAST}`, 'bytes=100000-'],
  ]);
  expect(readdirSync(folder)).toEqual([FAST]);
});

test('an archive that is there is not asked for', async () => {
  writeFileSync(path.join(folder, FAST), archive);
  expect((await fetched('http://127.0.0.1:9')).get(297)).toBe(path.join(folder, FAST));
});

test('another archive than the hash beside it says is refused, and nothing of it kept', async () => {
  const { url } = await serve(whole);
  const hash = createHash('sha256').update('something else').digest('hex');
  writeFileSync(path.join(folder, `${FAST}.sha256`), `${hash}  ${FAST}\n`);
  await expect(fetched(url)).rejects.toThrow(`expected ${hash}; nothing of it was kept`);
  expect(readdirSync(folder)).toEqual([`${FAST}.sha256`]);
});

test('the right hash is taken', async () => {
  const { url } = await serve(whole);
  writeFileSync(path.join(folder, `${FAST}.sha256`), createHash('sha256').update(archive).digest('hex'));
  expect(readFileSync((await fetched(url)).get(297)!)).toEqual(archive);
});

test('a base URL without the archive is named, with the way without a network', async () => {
  const { url } = await serve((_request, response) => response.writeHead(404).end());
  await expect(fetched(url)).rejects.toThrow(/it answered 404: no such archive; is the base URL right \(--weights-url\)\?.*without a network, put it into/);
}); // prettier-ignore

test('a licensed network is named, and taken from its file', async () => {
  const [file] = ['Dataset301_heart_highres_1559subj.zip', 'Dataset303_face_1559subj.zip'].slice(1);
  await expect(fetched('http://127.0.0.1:9', [303])).rejects.toThrow(`needs a licence: get its weights from TotalSegmentator's makers and put ${file} into ${folder}`); // prettier-ignore
  writeFileSync(path.join(folder, file), archive);
  expect((await fetched('http://127.0.0.1:9', [303])).get(303)).toBe(path.join(folder, file));
});

test('the proxy of the environment is asked', async () => {
  const proxy = await serve(whole);
  process.env.http_proxy = proxy.url;
  const paths = await fetched('http://weights.invalid/releases');
  expect(readFileSync(paths.get(297)!)).toEqual(archive);
  expect(proxy.requests).toEqual([{ url: `http://weights.invalid/releases/v2.0.0-weights/${FAST}`, range: undefined, host: 'weights.invalid' }]);
}); // prettier-ignore

test('a proxy is asked for a tunnel to an encrypted host, with its password', async () => {
  const { server, url } = await serve(whole);
  const asked: unknown[] = [];
  const target = await serve(whole);
  server.on('connect', ({ url: to, headers }, socket) => {
    asked.push([to, headers['proxy-authorization']]);
    // What answers speaks no TLS, so the tunnel is as far as this goes.
    const line = connect(Number(new URL(target.url).port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      line.pipe(socket).pipe(line);
    });
  });
  const through = fetchThroughProxy({ https_proxy: url.replace('//', '//me:p%40ss@') });
  await expect(through(new URL('https://weights.invalid/x'), {})).rejects.toThrow();
  expect(asked).toEqual([['weights.invalid:443', `Basic ${Buffer.from('me:p@ss').toString('base64')}`]]);
});

test.each([
  ['http://a.test/', { http_proxy: 'http://p:3128' }, 'http://p:3128/'],
  ['http://a.test/', { HTTP_PROXY: 'p:3128' }, 'http://p:3128/'],
  ['https://a.test/', { http_proxy: 'http://p:3128' }, undefined],
  ['https://a.test/', { ALL_PROXY: 'http://p:3128' }, 'http://p:3128/'],
  ['https://a.test/', { https_proxy: 'http://p', no_proxy: 'b.test, .a.test' }, undefined],
  ['https://x.a.test/', { https_proxy: 'http://p', no_proxy: 'a.test' }, undefined],
  ['https://xa.test/', { https_proxy: 'http://p', no_proxy: 'a.test' }, 'http://p/'],
  ['https://a.test:8443/', { https_proxy: 'http://p', no_proxy: 'a.test:443' }, 'http://p/'],
  ['https://a.test/', { https_proxy: 'http://p', NO_PROXY: '*' }, undefined],
])('%s with %j goes through %s', (url, environment, expected) => {
  expect(proxyFor(new URL(url), environment)?.href).toBe(expected);
});

test('a proxy that does not speak HTTP is refused by name', () => {
  expect(() => proxyFor(new URL('https://a.test/'), { all_proxy: 'socks5://p:1080' })).toThrow('set https_proxy');
});

test.each(taskNames)('%s makes a pack that can be read', (name) => {
  const task = chooseTask(name);
  const spec = parseModelConfig(packOf(task, new Map()), 'pack');
  expect(spec.warnings).toEqual([]);
  expect(spec.labels).toEqual(task.labels);
  expect(networksOf(task).length).toBeGreaterThan(0);
});

test('total is 117 labels of five networks, those of a part after those of the one before', () => {
  const task = chooseTask('total');
  expect(task.labels).toHaveLength(117);
  expect(task.parts.map(({ model, labels }) => [model, task.labels.indexOf(labels![0]!), labels!.length])).toEqual([
    [291, 0, 24],
    [292, 24, 26],
    [293, 50, 18],
    [294, 68, 23],
    [295, 91, 26],
  ]);
});

test('a task that is not there is refused with those that are; one that is not served with the reason', () => {
  expect(() => chooseTask('totl')).toThrow(/"totl" is not a task of TotalSegmentator 2.18; there are total, total-fast/);
  expect(() => chooseTask('vertebrae_pp')).toThrow('is not served: TotalSegmentator numbers its vertebrae anew');
}); // prettier-ignore
