import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from '../imaging/formats/temporary-file';

const compiled = path.join(__dirname, '../../dist/cli/main.js');

test('infer prints what the server warns of on stderr, and has it in its JSON', async () => {
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      response.setHeader('X-AIAA-Warnings', JSON.stringify(['First sentence.', 'Second.']));
      response.setHeader('Content-Type', 'application/octet-stream').end(Buffer.from([0x5c, 1, 0, 0]));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const folder = temporaryFolder();
  const image = path.join(folder, 'a.nii');
  writeFileSync(image, 'image');
  const flags = ['--server', `http://127.0.0.1:${(server.address() as AddressInfo).port}`];
  const run = (...more: string[]) =>
    promisify(execFile)('node', [
      compiled,
      'infer',
      'ct',
      image,
      '-o',
      path.join(folder, 'mask.nii'),
      ...flags,
      ...more,
    ]);
  try {
    expect((await run()).stderr).toBe('warning: First sentence.\nwarning: Second.\n');
    const { stdout, stderr } = await run('--json');
    expect(JSON.parse(stdout).warnings).toEqual(['First sentence.', 'Second.']);
    expect(stderr).toBe('warning: First sentence.\nwarning: Second.\n');
  } finally {
    server.close();
  }
});
