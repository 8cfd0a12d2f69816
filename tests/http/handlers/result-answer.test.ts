import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { sendResult, type OutputForm } from '../../../gateway/http/handlers/result-answer';

const CRLF = '\r\n';
/** Larger than one stream chunk, with bytes that look like delimiters inside. */
const mask = Buffer.concat([Buffer.from('--x\r\n'), Buffer.alloc(300_000, 7), Buffer.from('\r\n--')]);

/** The raw bytes of an answer, as a socket sees them. */
async function rawAnswer(
  form: OutputForm,
  file: 'memory' | 'disk' | false,
  version = 'HTTP/1.1',
  accept = '',
): Promise<{ head: string; body: Buffer }> {
  const folder = mkdtempSync(join(tmpdir(), 'answer-'));
  const path = join(folder, 'mask');
  writeFileSync(path, mask);
  const app = express();
  const content = file === 'memory' ? new Uint8Array(mask) : { path };
  const result = file
    ? { content, name: 'result.nii.gz', contentType: 'application/octet-stream', bytes: mask.length }
    : undefined;
  app.get('/', (_request, response) => sendResult(response, { file: result, json: { points: [[1, 2, 3]] } }, form));
  const server = createServer(app).listen(0, '127.0.0.1');
  try {
    await new Promise((resolve) => server.once('listening', resolve));
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.write(
      `GET / ${version}${CRLF}Host: x${CRLF}Connection: close${CRLF}${accept && `Accept: ${accept}${CRLF}`}${CRLF}`,
    );
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    const all = Buffer.concat(chunks);
    const end = all.indexOf(CRLF + CRLF);
    return { head: all.subarray(0, end).toString(), body: all.subarray(end + 4) };
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
}

const lengthOf = (head: string) => Number(/^content-length: (\d+)$/im.exec(head)?.[1]);

describe.each([
  ['HTTP/1.1', 'memory'],
  ['HTTP/1.1', 'disk'],
  ['HTTP/1.0', 'memory'],
  ['HTTP/1.0', 'disk'],
] as const)('an inference answer over %s from %s', (version, place) => {
  test('is multipart with params, then image: announced length, no chunks, no preamble, CRLF after the last delimiter', async () => {
    const { head, body } = await rawAnswer('all', place, version);
    expect(head).not.toMatch(/transfer-encoding|content-encoding/i);
    expect(lengthOf(head)).toBe(body.length);
    const boundary = /content-type: multipart\/form-data; boundary=(\S+)/i.exec(head)![1];
    const expected = Buffer.concat([
      Buffer.from(
        `--${boundary}${CRLF}Content-Disposition: form-data; name="params"${CRLF}Content-Type: application/json${CRLF}${CRLF}` +
          `{"points":[[1,2,3]]}${CRLF}--${boundary}${CRLF}Content-Disposition: form-data; name="image"; filename="result.nii.gz"${CRLF}` +
          `Content-Type: application/octet-stream${CRLF}${CRLF}`,
      ),
      mask,
      Buffer.from(`${CRLF}--${boundary}--${CRLF}`),
    ]);
    expect(body.equals(expected)).toBe(true);
  });

  test('output=image is the bare file', async () => {
    const { head, body } = await rawAnswer('image', place, version);
    expect(lengthOf(head)).toBe(mask.length);
    expect(body.equals(mask)).toBe(true);
  });

  test('without a file it is multipart with params alone', async () => {
    const { head, body } = await rawAnswer('all', false, version);
    expect(lengthOf(head)).toBe(body.length);
    const boundary = /content-type: multipart\/form-data; boundary=(\S+)/i.exec(head)![1];
    expect(body.toString()).toBe(
      `--${boundary}${CRLF}Content-Disposition: form-data; name="params"${CRLF}Content-Type: application/json${CRLF}${CRLF}` +
        `{"points":[[1,2,3]]}${CRLF}--${boundary}--${CRLF}`,
    );
  });

  test.each([
    ['json', 'memory', ''],
    ['json', false, ''],
    ['image', false, ''],
    ['all', false, 'application/json'],
    ['all', false, 'text/plain, application/json;q=0.9'],
  ] as const)('output=%s with file %s and Accept "%s" is plain JSON', async (form, file, accept) => {
    const { head, body } = await rawAnswer(form, file, version, accept);
    expect(head).toMatch(/content-type: application\/json/i);
    expect(JSON.parse(body.toString())).toEqual({ points: [[1, 2, 3]] });
  });

  test.each(['multipart/form-data, application/json', '*/*', 'application/json'])(
    'with a file, Accept "%s" changes nothing',
    async (accept) => {
      expect((await rawAnswer('all', place, version, accept)).head).toMatch(/content-type: multipart/i);
    },
  );
});
