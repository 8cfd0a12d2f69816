import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import express from 'express';
import { errorHandler } from '../../../gateway/http/middleware/error-handler';
import { limits } from '../../../gateway/contract/params';
import { beginRun } from '../../../gateway/http/middleware/request-run';
import { receiveUpload } from '../../../gateway/http/multipart/upload';
import { silentLogger } from '../../silent-logger';
import { until } from '../../until';

const directory = mkdtempSync(path.join(tmpdir(), 'limits-'));
const app = express().use(beginRun(silentLogger()));
app.post('/', async (request, response) => {
  const { files, fields } = await receiveUpload(request, response, { directory, maxBytes: 64 << 20 });
  response.json({ files: files.length, fields: Object.keys(fields).length });
});
app.post('/polygons', async (request, response) => {
  const { files, fields, params } = await receiveUpload(request, response, { directory, maxBytes: 64 << 20, spoolParams: true }); // prettier-ignore
  response.json({
    files: files.length,
    fields: Object.keys(fields).length,
    text: params && readFileSync(params, 'utf8'),
  });
});
app.use(errorHandler(silentLogger()));
const server = createServer(app);

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => {
  server.close();
  server.closeAllConnections();
  rmSync(directory, { recursive: true, force: true });
});

async function post(body: Buffer, type = 'multipart/form-data; boundary=b', to = '') {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${to}`;
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': type }, body });
  // oxlint-disable-next-line typescript/no-explicit-any
  const { error, ...rest } = (await response.json()) as any;
  await until(() => readdirSync(directory).length === 0);
  return { status: response.status, code: error?.code, message: error?.message[0], ...rest };
}

const form = (count: number, header: (at: number) => string, content = 'x') =>
  Buffer.from(
    `${Array.from({ length: count }, (_, at) => `--b\r\nContent-Disposition: form-data; ${header(at)}\r\n\r\n${content}\r\n`).join('')}--b--\r\n`,
  );
const file = (at: number) => `name="image${at}"; filename="${at}.dcm"`;
const field = (at: number) => `name="field${at}"`;

test('more files than a series has', async () => {
  expect(await post(form(limits.files + 1, file))).toMatchObject({
    status: 413,
    code: 'TOO_MANY_PARTS',
    message: expect.stringContaining('more than 5000 files'),
  });
});

test('more text fields than are read', async () => {
  const refusal = {
    status: 413,
    code: 'TOO_MANY_PARTS',
    message: expect.stringContaining('more than 1000 text fields'),
  };
  expect(await post(form(limits.fields + 1, field))).toMatchObject(refusal);
  const encoded = Buffer.from('a=1&'.repeat(limits.fields));
  expect(await post(encoded, 'application/x-www-form-urlencoded')).toMatchObject(refusal);
});

test('a field whose name nobody reads to its end', async () => {
  expect(await post(form(1, () => `name="${'x'.repeat(201)}"`))).toMatchObject({
    status: 400,
    code: 'BAD_UPLOAD',
    message: expect.stringContaining('the name of a form field has 201 characters, at most 200 are read'),
  });
});

test('text fields of 1 MB together', async () => {
  expect(await post(form(17, field, 'x'.repeat(1 << 16)))).toMatchObject({
    status: 413,
    code: 'FIELD_TOO_LARGE',
    message: expect.stringContaining('The form field "field16", with the text fields before it, is larger than 1 MB'),
  });
});

test('a text field, and a body that is not multipart, beyond 1 MB', async () => {
  const long = 'x'.repeat(limits.textBytes + 1);
  expect(await post(form(1, () => 'name="params"', long))).toMatchObject({
    status: 413,
    code: 'FIELD_TOO_LARGE',
    message: expect.stringMatching(/The form field "params", with the text fields before it, is larger than 1 MB/),
  });
  expect(await post(Buffer.from(`"${long}"`), 'application/json')).toMatchObject({
    status: 413,
    code: 'FIELD_TOO_LARGE',
    message: expect.stringMatching(/A body of type application\/json is larger than 1 MB/),
  });
  const encoded = Buffer.from(`a=${'x'.repeat(limits.textBytes)}`);
  expect(await post(encoded, 'application/x-www-form-urlencoded')).toMatchObject({
    status: 413,
    code: 'FIELD_TOO_LARGE',
    message: expect.stringContaining('is larger than 1 MB'),
  });
});

test('params of polygons go to the disk, up to 16 MB', async () => {
  const polygons = (text: string) =>
    post(
      form(1, () => 'name="params"', text),
      undefined,
      'polygons',
    );
  const text = `{"poly":[${'[1,2],'.repeat(limits.textBytes / 5)}"ä"]}`;
  expect(await polygons(text)).toEqual({ status: 200, files: 0, fields: 0, text });
  expect(await polygons('')).toMatchObject({ status: 200, text: '' });
  expect(await polygons('x'.repeat(limits.polygonBytes + 1))).toMatchObject({
    status: 413,
    code: 'FIELD_TOO_LARGE',
    message: expect.stringContaining('The form field "params", with the text fields before it, is larger than 16 MB'),
  });
});
