import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { errorHandler } from '../../../gateway/http/middleware/error-handler';
import { beginRun } from '../../../gateway/http/middleware/request-run';
import { receiveUpload } from '../../../gateway/http/multipart/upload';
import { silentLogger } from '../../silent-logger';
import { until } from '../../until';

const CRLF = '\r\n';
let server: Server;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'uploads-'));
  const app = express();
  app.use(beginRun(silentLogger()));
  app.post('/', async (request, response) => {
    const options = { directory: folder, maxBytes: 4 << 20 };
    const { fields, files, json } = await receiveUpload(request, response, options);
    response.json({
      fields,
      json,
      files: files.map(({ field, name, path, bytes }) => ({
        field,
        name,
        bytes,
        content: readFileSync(path, 'base64'),
      })),
    });
  });
  app.use(errorHandler(silentLogger()));
  server = createServer(app).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Sends the bytes in pieces of `size` and reads the answer. */
async function send(head: string[], body: Buffer, size = Infinity, version = 'HTTP/1.1') {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const lines = [`POST / ${version}`, 'Host: x', 'Connection: close', ...head, '', ''];
  socket.write(lines.join(CRLF));
  for (let at = 0; at < body.length; at += size) {
    socket.write(body.subarray(at, Math.min(body.length, at + size)));
    if (size < Infinity) await new Promise((resolve) => setImmediate(resolve));
  }
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const [start, ...rest] = text.split(CRLF + CRLF);
  // oxlint-disable-next-line typescript/no-explicit-any
  return { status: Number(start.split(' ')[1]), json: JSON.parse(rest.join(CRLF + CRLF) || 'null') as any };
}

const post = (type: string, body: Buffer, size?: number) =>
  send([`Content-Type: ${type}`, `Content-Length: ${body.length}`], body, size);

/** Holds things that look like delimiters. */
const voxels = Buffer.concat([
  Buffer.from('\r\n--X\r\n--'),
  Buffer.alloc(70_000, 13),
  Buffer.from('\r\n--Xy\r\n\r\n--X-\r\n'),
]);
const file = { field: 'image', name: 'x.nii.gz', bytes: voxels.length, content: voxels.toString('base64') };

function form(
  boundary: string,
  { newline = CRLF, before = '', after = CRLF, disposition = 'name="image"; filename="x.nii.gz"' } = {},
) {
  const lines = (...list: string[]) => Buffer.from(list.join(newline));
  return Buffer.concat([
    Buffer.from(before),
    lines(`--${boundary}`, 'Content-Disposition: form-data; name="params"', '', '{"a": 1}', `--${boundary}`, ''),
    lines(`Content-Disposition: form-data; ${disposition}`, 'Content-Type: application/octet-stream', '', ''),
    voxels,
    Buffer.from(`${newline}--${boundary}--${after}`),
  ]);
}

const python = '----------lImIt_of_THE_fIle_eW_$';

describe('every form of a multipart body is read', () => {
  test.each<[string, string, Buffer]>([
    ['quoted boundary (Poco)', 'multipart/form-data; boundary="MIME_boundary_A1B2"', form('MIME_boundary_A1B2')],
    [
      '$ in the boundary, empty line after it (Python)',
      `multipart/form-data; boundary=${python}`,
      form(python, { after: CRLF + CRLF }),
    ],
    [
      'two boundaries (curl)',
      'multipart/form-data; boundary=----WebKitFormBoundary7; boundary=------real',
      form('------real'),
    ],
    ['no boundary in the header', 'multipart/form-data', form('real')],
    ['a boundary that is a start of another text', 'multipart/form-data; boundary=Xyz', form('Xyz')],
    ['no CRLF at the end', 'multipart/form-data; boundary=b', form('b', { after: '' })],
    ['an empty line first', 'multipart/form-data; boundary=b', form('b', { before: CRLF })],
    ['a preamble', 'multipart/form-data; boundary=b', form('b', { before: `This is MIME.${CRLF}${CRLF}` })],
    ['bare LF', 'multipart/form-data; boundary=b', form('b', { newline: '\n', after: '\n' })],
    [
      'white space after the boundary',
      'multipart/form-data; boundary=b',
      Buffer.from(
        form('b')
          .toString('latin1')
          .replaceAll(/--b\r\n/g, '--b \t\r\n'),
        'latin1',
      ),
    ],
  ])('%s', async (_name, type, body) => {
    for (const size of [Infinity, 1000, 61]) {
      const { status, json } = await post(type, body, size);
      expect({ status, ...json }).toEqual({ status: 200, fields: { params: '{"a": 1}' }, files: [file] });
    }
  });

  test('one byte at a time', async () => {
    const small = Buffer.from(
      form('b').toString('latin1').replace(voxels.toString('latin1'), '\r\n--c\r\n-\r\n--b?\r'),
      'latin1',
    );
    const { json } = await post('multipart/form-data; boundary=b', small, 1);
    expect(Buffer.from(json.files[0].content, 'base64').toString()).toBe('\r\n--c\r\n-\r\n--b?\r');
  });

  test.each([
    ['name="image"; filename="ä"b\\c;d.nii.gz"', 'c;d.nii.gz', 'image'],
    ['name="datapoint"; filename="/tmp/a b/../x.nii"', 'x.nii', 'datapoint'],
    ['name="__proto__"; filename="x[0].nii"', 'x[0].nii', '__proto__'],
    ['name="a[b][c]"; filename="x.nii"', 'x.nii', 'a[b][c]'],
    ['name="image"; filename=""', 'upload', 'image'],
    ['name="image"', 'upload', 'image'],
    [`name="image"; filename="${'n'.repeat(2000)}.nii"`, `${'n'.repeat(196)}.nii`, 'image'],
  ])('%s', async (disposition, name, field) => {
    const { json } = await post('multipart/form-data; boundary=b', form('b', { disposition }));
    expect(json.files).toEqual([{ ...file, name, field }]);
  });

  test('chunked, and HTTP/1.0', async () => {
    const body = form('b');
    const half = body.length >> 1;
    const chunk = (part: Buffer) =>
      Buffer.concat([Buffer.from(part.length.toString(16) + CRLF), part, Buffer.from(CRLF)]);
    const chunked = Buffer.concat([
      chunk(body.subarray(0, half)),
      chunk(body.subarray(half)),
      Buffer.from(`0${CRLF}${CRLF}`),
    ]);
    const type = 'Content-Type: multipart/form-data; boundary=b';
    expect((await send([type, 'Transfer-Encoding: chunked'], chunked)).json.files).toEqual([file]);
    expect((await send([type, `Content-Length: ${body.length}`], body, Infinity, 'HTTP/1.0')).json.files).toEqual([
      file,
    ]);
  });

  test('params as a file, and an empty file field of a browser', async () => {
    const body = Buffer.from(
      ['--b', 'Content-Disposition: form-data; name="params"; filename="p.json"', 'Content-Type: application/json', '', '{"b":2}',
       '--b', 'Content-Disposition: form-data; name="image"; filename=""', 'Content-Type: application/octet-stream', '', '', '--b--', ''].join(CRLF),
    ); // prettier-ignore
    const { json } = await post('multipart/form-data; boundary=b', body);
    expect(json).toEqual({ fields: { params: '{"b":2}' }, files: [] });
  });

  test.each([
    ['multipart/form-data; boundary=b', '', {}],
    ['multipart/form-data; boundary=b', '--b--\r\n', {}],
    ['application/json;charset=utf-8', '{"points":[[1,2,3]]}', { json: '{"points":[[1,2,3]]}' }],
    ['application/x-www-form-urlencoded', '{"version": "3"}', { json: '{"version": "3"}' }],
    ['application/x-www-form-urlencoded', 'params=%7B%7D&x=a+b', { fields: { params: '{}', x: 'a b' } }],
    ['application/json', '', {}],
  ])('%s %j', async (type, body, expected) => {
    const { status, json } = await post(type, Buffer.from(body));
    expect({ status, ...json }).toEqual({ status: 200, fields: {}, files: [], ...expected });
  });
});

describe('what is no form is answered, and nothing stays', () => {
  const cut = form('b');
  test.each<[string, Buffer, number, string]>([
    ['a body cut in a file', cut.subarray(0, cut.length - 20), 400, 'before its last delimiter'],
    ['a body cut in a header', cut.subarray(0, 40), 400, 'before its last delimiter'],
    ['text', Buffer.from('hello'), 400, 'no delimiter'],
    ['a long text', Buffer.alloc(200_000, 97), 400, 'does not start with a delimiter'],
    ['an endless header', Buffer.concat([Buffer.from('--b\r\n'), Buffer.alloc(200_000, 97)]), 400, 'has no end'],
    ['a file beyond the limit', Buffer.concat([cut.subarray(0, 300), Buffer.alloc(5 << 20)]), 413, '4 MB'],
  ])('%s', async (_name, body, status, sentence) => {
    const chunked = Buffer.concat([
      Buffer.from(body.length.toString(16) + CRLF),
      body,
      Buffer.from(`${CRLF}0${CRLF}${CRLF}`),
    ]);
    const answer = await send(['Content-Type: multipart/form-data; boundary=b', 'Transfer-Encoding: chunked'], chunked);
    expect(answer.status).toBe(status);
    expect(answer.json.error.message[0]).toContain(sentence);
    await empty();
  });

  test('a client that hangs up leaves no file', async () => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.write(
      [
        'POST / HTTP/1.1',
        'Host: x',
        'Content-Type: multipart/form-data; boundary=b',
        'Content-Length: 3000000',
        '',
        '',
      ].join(CRLF),
    );
    socket.write(cut.subarray(0, cut.length - 100));
    await until(() => readdirSync(folder, { recursive: true }).some((name) => String(name).endsWith('.nii.gz')));
    socket.destroy();
    await empty();
  });

  const empty = () => until(() => readdirSync(folder).length === 0);
});
