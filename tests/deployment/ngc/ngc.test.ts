import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { tellOfDamage } from '../../../gateway/workspace/set-aside';
import { SharedLocks } from '../../../gateway/workspace/locks';
import { Ngc, parseNgcRequest, type NgcOptions } from '../../../gateway/deployment/ngc/ngc';
import { damages } from '../../damages';
import { answerInTurn, closeAnswering, type Answer } from '../../answers-in-turn';
import { until } from '../../until';

const archive = randomBytes(300_000);
const hex = createHash('sha256').update(archive).digest('hex');
const md5 = createHash('md5').update(archive).digest('base64');

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ngc-'));
  mkdirSync(path.join(folder, 'request'));
});

afterEach(() => {
  closeAnswering();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

const serve = (...answers: Answer[]) => answerInTurn(['range', 'authorization'], ...answers);

/** The file as an object store sends it: ETag, ranges, length, checksum. */
const whole: Answer = (request, response) => {
  const headers = { etag: '"v1"', 'content-md5': md5 };
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (from === 0 || request.headers['if-range'] !== '"v1"')
    return response.writeHead(200, { ...headers, 'content-length': archive.length }).end(archive);
  const part = archive.subarray(from);
  const range = `bytes ${from}-${archive.length - 1}/${archive.length}`;
  return response.writeHead(206, { etag: '"v1"', 'content-length': part.length, 'content-range': range }).end(part);
};

/** Bytes of archives that have arrived, whole or not. */
const bytesOnDisk = () =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !path.join(entry.parentPath, entry.name).includes('.json'))
    .reduce((sum, entry) => sum + statSync(path.join(entry.parentPath, entry.name)).size, 0);

/** The first bytes of it, then the line breaks. */
const cutAfter =
  (
    bytes: number,
    headers: Record<string, string> = { etag: '"v1"' },
    before: () => unknown = () => undefined,
  ): Answer =>
  (_request, response) => {
    response.writeHead(200, { 'content-length': archive.length, ...headers });
    response.write(archive.subarray(0, bytes));
    // Not before the client has them: a broken line takes along what is still on its way.
    void until(() => bytesOnDisk() === bytes)
      .then(before)
      .then(() => response.destroy());
  };

const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (_request, response) =>
    response.writeHead(code, headers).end('no');

function ngc(baseUrl: string, options: Partial<NgcOptions> = {}) {
  const limits = { maxBytes: 1 << 20, timeoutMs: 240_000, idleMs: 240_000, retryMs: 5 };
  return new Ngc(
    { baseUrl, directory: path.join(folder, 'parts'), ...limits, ...options },
    new SharedLocks(undefined, 1000),
  );
}

const model = { path: 'nvidia/med/spleen', version: '1' };
const staying = new AbortController().signal;
const fetchFrom = (baseUrl: string, options?: Partial<NgcOptions>, sha256?: string) =>
  ngc(baseUrl, options).fetch('spleen', { ...model, sha256 }, path.join(folder, 'request'), staying);

async function expectWhole(fetched: Promise<{ path: string; name: string }>) {
  const { path: file, name } = await fetched;
  expect(name).toBe('spleen_1.zip');
  expect(readFileSync(file).equals(archive)).toBe(true);
  expect(readdirSync(path.join(folder, 'parts'))).toEqual([]);
}

test('asks where NGC has it, with the key, and keeps nothing but the archive', async () => {
  const { url, requests } = await serve(whole);
  await expectWhole(fetchFrom(`${url}/`, { apiKey: 'secret' }, hex));
  expect(requests).toEqual([
    { url: '/v2/models/nvidia/med/spleen/versions/1/zip', authorization: 'Bearer secret', range: undefined },
  ]);
});

test('a redirect to another host is followed without the key', async () => {
  const store = await serve(whole);
  const front = await serve(status(302, { location: `${store.url}/bucket/x.zip?signature=1` }));
  await expectWhole(fetchFrom(front.url, { apiKey: 'secret' }));
  expect(front.requests[0].authorization).toBe('Bearer secret');
  expect(store.requests).toEqual([{ url: '/bucket/x.zip?signature=1', authorization: undefined, range: undefined }]);
});

test('a broken line is taken up where it broke', async () => {
  const { url, requests } = await serve(cutAfter(100_000), whole);
  await expectWhole(fetchFrom(url));
  expect(requests.map(({ range }) => range)).toEqual([undefined, 'bytes=100000-']);
});

test('without a validator it begins again, and a busy server is asked again', async () => {
  const { url, requests } = await serve(cutAfter(100_000, {}), status(503, { 'retry-after': '0' }), status(500), whole);
  await expectWhole(fetchFrom(url));
  expect(requests.map(({ range }) => range)).toEqual([undefined, undefined, undefined, undefined]);
});

const damagedRecords = Object.entries({ ...damages, 'is missing': (file: string) => rmSync(file) });
/** The record as a download has written it, whole. */
function intactRecord(): string | undefined {
  const name = readdirSync(path.join(folder, 'parts')).find((name) => name.endsWith('.json'));
  try {
    const file = path.join(folder, 'parts', name!);
    return typeof (JSON.parse(readFileSync(file, 'utf8')) as { validator: unknown }).validator === 'string' ? file : undefined; // prettier-ignore
  } catch {
    return undefined;
  }
}

test.each(damagedRecords)('the record of a download that %s, at start and while it runs: it begins anew, is right, and the log names it', async (how, damage) => {
  const told: string[] = [];
  tellOfDamage((message, { file, kept }) => told.push(`${message}: ${file} → ${kept}`));
  const damageIt = async () => damage((await until(intactRecord))!);
  const { url, requests } = await serve(cutAfter(100_000), status(404), cutAfter(100_000, undefined, damageIt), whole);
  await expect(fetchFrom(url)).rejects.toThrow();
  await damageIt();
  const { path: file } = await fetchFrom(url);
  expect(readFileSync(file).equals(archive)).toBe(true);
  expect(requests.slice(2).map(({ range }) => range)).toEqual([undefined, undefined]);
  const line = (number: number) => expect.stringMatching(`^a file cannot be read; it was set aside: parts/\\w+[.]json → parts/\\w+[.]json[.]damaged-${number}$`) as string; // prettier-ignore
  expect(told).toEqual(how === 'is missing' ? [] : [line(1), line(2)]);
}); // prettier-ignore

test('a file that changed meanwhile is fetched anew', async () => {
  const { url, requests } = await serve(cutAfter(100_000, { etag: '"v0"' }), whole);
  await expectWhole(fetchFrom(url));
  expect(requests[1].range).toBe('bytes=100000-');
});

test('who hangs up loses nothing: the next request goes on from there', async () => {
  const { url, requests } = await serve((_request, response) => {
    response.writeHead(200, { 'content-length': archive.length, etag: '"v1"' });
    response.write(archive.subarray(0, 100_000));
  }, whole);
  const source = ngc(url);
  const gone = new AbortController();
  const fetched = source.fetch('spleen', model, path.join(folder, 'request'), gone.signal);
  await until(() => bytesOnDisk() === 100_000);
  expect(source.progress.get('spleen')).toMatchObject({ bytes: 100_000, total: archive.length });
  gone.abort();
  await expect(fetched).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(source.progress.size).toBe(0);
  await expectWhole(fetchFrom(url));
  expect(requests[1].range).toBe('bytes=100000-');
});

test('a line that falls silent counts as broken', async () => {
  // However late the first bytes come: who has them asks for the rest.
  const silent: Answer = (request, response) => {
    if (request.headers.range) return whole(request, response);
    response.writeHead(200, { 'content-length': archive.length, etag: '"v1"' });
    return response.write(archive.subarray(0, 100_000));
  };
  const { url, requests } = await serve(silent);
  await expectWhole(fetchFrom(url, { idleMs: 1000 }));
  expect(requests.at(-1)!.range).toBe('bytes=100000-');
});

test.each<[string, Answer, RegExp]>([
  ['401', status(401), /401: the model is private or the key is wrong; set the key with AIAA_NGC_API_KEY/],
  ['404', status(404), /404: no such model or version/],
  ['a server that is always busy', status(503, { 'retry-after': '0' }), /503 Service Unavailable, 5 times/],
  ['a redirect in circles', (request, response) => status(302, { location: request.url! })(request, response), /redirects more than 5 times/],
  ['a wrong checksum of the server', (_request, response) => response.writeHead(200, { 'content-md5': md5 }).end('x'), /has the md5 .*, expected .*nothing of it was kept/],
])('%s is a clear error', async (_name, answer, message) => {
  const { url } = await serve(answer);
  const failed = fetchFrom(url);
  await expect(failed).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED' });
  await expect(failed).rejects.toThrow(message);
}); // prettier-ignore

test('a checksum of the request that does not fit, and a file that is too large, are refused', async () => {
  const { url } = await serve(whole);
  await expect(fetchFrom(url, {}, '0'.repeat(64))).rejects.toThrow(/has the sha256 .*expected 0{64}/);
  await expect(fetchFrom(url, { maxBytes: 1000 })).rejects.toMatchObject({ code: 'TOO_LARGE' });
  expect(readdirSync(path.join(folder, 'request'))).toEqual([]);
});

test('nothing takes longer than the deadline, and what came by then is not lost', async () => {
  const { url } = await serve(cutAfter(1000), (_request, response) => void response.writeHead(200).write('x'));
  const failed = fetchFrom(url, { timeoutMs: 300 });
  await expect(failed).rejects.toThrow(/did not come whole within 0.3 s; upload it again and it goes on from there/);
});

test.each([
  ['[]', /NGC: .*expected object/i],
  ['{', /not JSON/],
  ['{"path":"../../etc","version":"1"}', /path of the request.*expected "org\/team\/name"/],
  ['{"path":"nvidia/med/x","version":"1/../2"}', /version of the request.*expected a version/],
  ['{"path":"nvidia/med/x"}', /version of the request/],
  ['{"path":"nvidia/med/x","version":"1","key":1}', /"key"/],
])('the request %s is refused', (text, message) => {
  expect(() => parseNgcRequest(text)).toThrow(message);
});

test('a version may be a number', () => {
  expect(parseNgcRequest('{"path":"nvidia/med/x","version":2}')).toEqual({ path: 'nvidia/med/x', version: '2' });
});
