import { EventEmitter } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Request, Response } from 'express';
import { receiveUpload, workInFolder } from '../../../gateway/http/multipart/upload';
import { until } from '../../until';

let directory: string;

beforeEach(() => (directory = mkdtempSync(path.join(tmpdir(), 'upload-'))));
afterEach(() => rmSync(directory, { recursive: true }));

/** A request whose body is not read. */
const bare = () => ({ get: () => 'application/dicom', socket: { bytesRead: 0 } }) as unknown as Request;

const untilEmpty = () => until(() => readdirSync(directory).length === 0);

test('a client that goes before its folder is made leaves none behind', async () => {
  const response = { closed: true, once: jest.fn(), setHeader: jest.fn() } as unknown as Response;
  const received = receiveUpload(bare(), response, { directory, maxBytes: 1000 });
  await expect(received).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(readdirSync(directory)).toEqual([]);
});

test('the folder of a client that goes while an archive is unpacked into it stays until that is done, and then goes', async () => {
  const response = new EventEmitter();
  const upload = await receiveUpload(bare(), response as Response, { directory, maxBytes: 1000 });
  let unpack = () => {};
  const work = workInFolder(upload, async () => {
    mkdirSync(upload.directory);
    await new Promise<void>((resolve) => (unpack = resolve));
    mkdirSync(path.join(upload.directory, 'repository'));
    throw new Error('the archive is damaged');
  });
  const other = new EventEmitter();
  mkdirSync((await receiveUpload(bare(), other as Response, { directory, maxBytes: 1000 })).directory);
  response.emit('close');
  other.emit('close');
  await until(() => readdirSync(directory).length === 1);
  unpack();
  await expect(work).rejects.toThrow('the archive is damaged');
  await untilEmpty();
});
