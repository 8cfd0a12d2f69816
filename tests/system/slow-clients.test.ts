import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startGateway, type RunningGateway } from './running-gateway';
import { until } from '../until';

let folder: string;
let gateway: RunningGateway;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'slow-'));
  gateway = await startGateway({
    tritonUrl: 'grpc://127.0.0.1:1',
    repository: path.join(folder, 'models/repo'),
    flags: { header_timeout: 1, stall_timeout: 1, request_timeout: 4, max_upload_mb: 1 },
  });
});
afterAll(async () => {
  await gateway?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Everything the server says until it closes the connection. */
async function answerTo(send: (socket: Socket) => void, server = gateway): Promise<string> {
  const socket = connect({ port: Number(new URL(server.url).port), host: '127.0.0.1' });
  socket.on('error', () => undefined);
  send(socket);
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}

const head = (type: string, bytes: number) =>
  `PUT /session/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\nContent-Length: ${bytes}\r\n\r\n`;
const form = 'multipart/form-data; boundary=b';
const part = '--b\r\nContent-Disposition: form-data; name="image"; filename="a.nii"\r\n\r\n';
const uploads = () => readdirSync(path.join(gateway.workspace, 'uploads'));

const nothingIsLeft = () => until(() => uploads().length === 0);

test.each([
  ['a form', form, `${part}some`],
  ['JSON', 'application/json', '{"dicom":'],
])('%s that stops in the middle is answered with 408, and nothing stays', async (_name, type, start) => {
  const answer = await answerTo((socket) => socket.write(head(type, 10_000) + start));
  expect(answer).toMatch(/^HTTP\/1.1 408 Request Timeout\r\n/);
  expect(answer).toMatch(/connection: close/i);
  expect(answer).toContain('no byte of the body came for 1 s');
  expect(answer).toContain('"code":"REQUEST_TIMEOUT"');
  await nothingIsLeft();
});

test('a head that drips is answered with 408', async () => {
  const answer = await answerTo((socket) => {
    socket.write('GET /v1/models HTTP/1.1\r\n');
    const drip = setInterval(() => socket.write('X: y\r\n'), 200);
    socket.once('close', () => clearInterval(drip));
  });
  expect(answer).toMatch(/^HTTP\/1.1 408 Request Timeout\r\n/);
  expect(answer).toContain('"code":"REQUEST_TIMEOUT"');
});

test('a body that drips without end is answered with 408 when its whole time is over', async () => {
  const answer = await answerTo((socket) => {
    socket.write(head(form, 10_000) + part);
    const drip = setInterval(() => socket.write('x'), 200);
    socket.once('close', () => clearInterval(drip));
  });
  expect(answer).toMatch(/^HTTP\/1.1 408 Request Timeout\r\n/);
  await nothingIsLeft();
});

test('a body that pauses and goes on is taken', async () => {
  const body = `${part}no image\r\n--b--\r\n`;
  const patient = await startGateway({
    tritonUrl: 'grpc://127.0.0.1:1',
    repository: path.join(folder, 'models/other'),
  });
  const answer = await answerTo((socket) => {
    socket.write(
      head(form, body.length).replace('Host: localhost', 'Host: localhost\r\nConnection: close') + body.slice(0, 80),
    );
    const begun = () => readdirSync(path.join(patient.workspace, 'uploads')).length > 0;
    void until(begun).then(() => socket.write(body.slice(80)));
  }, patient);
  await patient.stop();
  expect(answer).toMatch(/^HTTP\/1.1 400 /);
  expect(answer).toContain('IMAGE');
});

test('more than --max_upload_mb is refused with 413, before or while it comes', async () => {
  const big = Buffer.alloc(2 ** 20 + 1);
  const body = new FormData();
  body.append('image', new Blob([big]), 'a.nii');
  const announced = await fetch(`${gateway.url}/session/`, { method: 'PUT', body }).catch(() => undefined);
  if (announced) expect(announced.status).toBe(413);
  const chunked = await answerTo((socket) => {
    socket.write(`PUT /session/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: ${form}\r\n`);
    socket.write(`Transfer-Encoding: chunked\r\n\r\n${part.length.toString(16)}\r\n${part}\r\n`);
    socket.write(Buffer.concat([Buffer.from(`${big.length.toString(16)}\r\n`), big, Buffer.from('\r\n0\r\n\r\n')]));
  });
  expect(chunked).toMatch(/^HTTP\/1.1 413 Payload Too Large\r\n/);
  await nothingIsLeft();
});
