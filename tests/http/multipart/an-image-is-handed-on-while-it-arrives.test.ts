import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { errorHandler } from '../../../gateway/http/middleware/error-handler';
import { beginRun } from '../../../gateway/http/middleware/request-run';
import { receiveUpload, type Upload } from '../../../gateway/http/multipart/upload';
import { silentLogger } from '../../silent-logger';
import { until } from '../../until';

const directory = mkdtempSync(join(tmpdir(), 'ahead-'));
const begun: Upload[] = [];
const app = express().use(beginRun(silentLogger()));
app.post('/', async (request, response) => {
  const options = { directory, maxBytes: 64 << 20, stallSeconds: 1 };
  const { files } = await receiveUpload(request, response, options, undefined, (upload) => begun.push({ ...upload }));
  response.json({ files: files.length });
});
app.use(errorHandler(silentLogger()));
const server = createServer(app);

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
beforeEach(() => void begun.splice(0));
afterAll(() => {
  server.close();
  server.closeAllConnections();
  rmSync(directory, { recursive: true, force: true });
});

const part = (disposition: string, content: string | Buffer) =>
  Buffer.concat([
    Buffer.from(`--b\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n`),
    Buffer.from(content),
    Buffer.from('\r\n'),
  ]);
const image = Buffer.from(Uint8Array.from({ length: 2_000_000 }, (_, i) => (i * i) >> 5));
const end = Buffer.from('--b--\r\n');
const params = part('name="params"', '{"a":1}');
const file = part('name="image"; filename="ct.nii"', image);
const HALF = params.length + 1_500_000;

/** Sends the first half, and then, when the image has begun, what the test says. */
async function send(body: Buffer, rest: (socket: ReturnType<typeof connect>) => void) {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => undefined);
  const head = `POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: ${body.length}\r\n\r\n`;
  socket.write(head);
  socket.write(body.subarray(0, HALF));
  await until(() => begun.length === 1);
  const [upload] = begun;
  rest(socket);
  let answer = '';
  socket.on('data', (chunk) => (answer += String(chunk)));
  await once(socket, 'close');
  return { upload, answer };
}

const outcome = (upload: Upload) =>
  upload.arrival!.whole.then(
    () => 'whole',
    (error: Error & { code?: string }) => error.code ?? error.message,
  );

test('with the fields before it, and its bytes can be followed to the last one', async () => {
  const body = Buffer.concat([params, file, end]);
  const heard: [number, boolean][] = [];
  const { upload, answer } = await send(body, (socket) => {
    begun[0].arrival!.follow((bytes, whole) => heard.push([bytes, whole]));
    socket.write(body.subarray(HALF));
  });
  const { fields, files, arrival } = upload;
  expect([fields, files[0].name, arrival!.mostBytes]).toEqual([{ params: '{"a":1}' }, 'ct.nii', body.length]);
  expect(await outcome(upload)).toBe('whole');
  expect(heard.at(-1)).toEqual([image.length, true]);
  expect(heard[0][0]).toBeLessThan(image.length);
  expect(heard.every(([bytes], at) => at === 0 || bytes >= heard[at - 1][0])).toBe(true);
  expect(answer).toContain('{"files":1}');
});

test.each([
  ['a file after it', part('name="label"; filename="label.nii"', 'x')],
  ['a field after it', part('name="nan"', 'zero')],
])('with %s the upload is another one', async (_name, more) => {
  const body = Buffer.concat([params, file, more, end]);
  const { upload } = await send(body, (socket) => socket.write(body.subarray(HALF)));
  expect(await outcome(upload)).toBe('more parts came after the image');
});

test('a client that stalls, or goes, ends it with the error of the upload', async () => {
  const body = Buffer.concat([params, file, end]);
  expect(await outcome((await send(body, () => undefined)).upload)).toBe('REQUEST_TIMEOUT');
  begun.splice(0);
  const gone = await send(body, (socket) => socket.destroy());
  expect(await outcome(gone.upload)).toBe('the connection was closed before the body was complete');
});

test('not where its params come later, and not where it is small', async () => {
  for (const parts of [
    [file, params, end],
    [params, part('name="image"; filename="ct.nii"', image.subarray(0, 200_000)), end],
  ]) {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const headers = { 'content-type': 'multipart/form-data; boundary=b' };
    expect(await (await fetch(url, { method: 'POST', headers, body: Buffer.concat(parts) })).json()).toEqual({
      files: 1,
    });
  }
  expect(begun).toEqual([]);
});

test('the file is what was sent, whatever the client calls a delimiter', async () => {
  const traps = Buffer.concat([
    image.subarray(0, 1_600_000),
    Buffer.from('\r\n--b'),
    image.subarray(0, 65_537),
    Buffer.from('\r\n--'),
  ]);
  const body = Buffer.concat([params, part('name="image"; filename="ct.nii"', traps), end]);
  let written: Buffer | undefined;
  const { upload } = await send(body, (socket) => {
    begun[0].arrival!.whole.then(
      () => (written = readFileSync(begun[0].files[0].path)),
      () => undefined,
    );
    socket.write(body.subarray(HALF));
  });
  expect(await outcome(upload)).toBe('whole');
  expect(written!.equals(traps)).toBe(true);
});
