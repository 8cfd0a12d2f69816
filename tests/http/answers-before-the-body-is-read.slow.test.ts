import type { Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import express from 'express';
import { errorHandler, notFound } from '../../gateway/http/middleware/error-handler';
import { beginRun } from '../../gateway/http/middleware/request-run';
import { silentLogger } from '../silent-logger';

const app = express().use(beginRun(silentLogger()), notFound([]), errorHandler(silentLogger(), { stallSeconds: 0.5 }));
let server: Server;
beforeAll(() => new Promise<void>((resolve) => (server = app.listen(0, '127.0.0.1', () => resolve()))));
afterAll(() => void server.close());

const BYTES = 32 << 20;
const HEAD = `PUT /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${BYTES}\r\nConnection: close\r\n\r\n`;

/** What a client reads that first sends its head and `bytes` of its body, until the connection is closed. */
function answerTo(bytes: number): Promise<string> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const answer = new Promise<string>((resolve, reject) => {
    socket.once('error', reject);
    socket.write(HEAD);
    socket.write(Buffer.alloc(bytes), () => void text(socket).then(resolve, reject));
  });
  return answer.finally(() => socket.destroy());
}

test('a client that sends 32 MB before it reads gets the answer, each time', async () => {
  for (let round = 0; round < 20; round++)
    expect(await answerTo(BYTES)).toMatch(/^HTTP\/1.1 404 [^]*"code":"NOT_FOUND"/);
});

test('a client that sends no more of its body is let go with the answer', async () => {
  expect(await answerTo(1)).toMatch(/^HTTP\/1.1 404 [^]*"code":"NOT_FOUND"/);
});
