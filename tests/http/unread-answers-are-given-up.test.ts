import { createReadStream, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import express, { type Response } from 'express';
import { sendResult } from '../../gateway/http/handlers/result-answer';
import { giveUpUnread } from '../../gateway/http/servers';
import { until } from '../until';

const STALL_SECONDS = 0.3;
/** A pause of a client that reads, on a busy machine, is shorter. */
const LONG_STALL_SECONDS = 1.5;
let stallSeconds = STALL_SECONDS;
const BYTES = 24 << 20;
const folder = mkdtempSync(join(tmpdir(), 'unread-'));
const path = join(folder, 'mask.nii');
writeFileSync(path, Buffer.alloc(BYTES));
let answer: (response: Response) => void;
const app = express().get('/', (_request, response) => {
  giveUpUnread(response, stallSeconds);
  answer(response);
});
const server = createServer(app);
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true });
});

function call(): Socket {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  return socket.pause();
}

/** Whether this process has the mask open. */
const isOpen = () =>
  readdirSync('/proc/self/fd').some((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false;
    }
  });

const file = { name: 'mask.nii', contentType: 'application/octet-stream', bytes: BYTES, content: { path } };

test('a client that reads nothing loses its connection, and its file is closed', async () => {
  let closed = false;
  const failed = new Promise<unknown>((resolve) => {
    answer = (response) => {
      response.once('close', () => (closed = true));
      sendResult(response, { json: {}, file } as never, 'image').then(() => resolve('sent'), resolve);
    };
  });
  const socket = call();
  expect(await failed).toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
  await until(() => closed && !isOpen());
  socket.destroy();
});

test('an answer in memory is given up as well', async () => {
  const closed = new Promise<void>((resolve) => {
    answer = (response) => {
      response.once('close', resolve);
      response.end(Buffer.alloc(BYTES));
    };
  });
  const socket = call();
  await closed;
  socket.destroy();
});

test('one that reads slowly gets all of it, however long that takes', async () => {
  stallSeconds = LONG_STALL_SECONDS;
  answer = (response) => void pipeline(createReadStream(path), response).catch(() => undefined);
  const started = performance.now();
  let bytes = 0;
  for await (const chunk of call()) {
    bytes += (chunk as Buffer).length;
    // A pause of a client, many times shorter than the longest.
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  stallSeconds = STALL_SECONDS;
  expect(bytes).toBeGreaterThan(BYTES);
  expect(performance.now() - started).toBeGreaterThan(2 * LONG_STALL_SECONDS * 1000);
});

test('a stream of events with nothing to tell stays', async () => {
  answer = (response) => {
    response.write('first\n');
    setTimeout(() => response.end('second\n'), 3 * STALL_SECONDS * 1000);
  };
  let text = '';
  for await (const chunk of call()) text += String(chunk);
  expect(text).toMatch(/first[^]*second/);
});
