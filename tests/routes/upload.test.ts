import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Request, Response } from 'express';
import { spoolUpload } from '../../gateway/routes/upload';

test('a client that goes before its folder is made leaves none behind', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'upload-'));
  const next = jest.fn();
  const spool = spoolUpload({ directory, maxBytes: 1000 });
  await spool(
    { get: () => undefined } as unknown as Request,
    { closed: true, once: jest.fn() } as unknown as Response,
    next,
  );
  for (let tries = 0; tries < 40 && readdirSync(directory).length > 0; tries++)
    await new Promise((resolve) => setTimeout(resolve, 25));
  expect([readdirSync(directory), next.mock.calls]).toEqual([[], []]);
  rmSync(directory, { recursive: true });
});
