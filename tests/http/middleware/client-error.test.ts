import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { sendRaw } from '../../system/raw-http';
import { answerClientError } from '../../../gateway/http/middleware/error-handler';

let server: Server;
let url: string;

beforeAll((done) => {
  server = createServer((_request, response) => response.end('fine')).on('clientError', answerClientError);
  server.listen(0, '127.0.0.1', () => {
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    done();
  });
});
afterAll((done) => {
  server.close(done);
});

test.each([
  ['a header that is none', ['Host: x', 'no colon here'], 400, 'BAD_HTTP'],
  ['a negative length', ['Host: x', 'Content-Length: -5'], 400, 'BAD_HTTP'],
  ['headers without end', ['Host: x', `X-Long: ${'y'.repeat(20_000)}`], 431, 'HEADERS_TOO_LARGE'],
])('%s is answered with the error body', async (_what, headers, status, code) => {
  const answer = await sendRaw(url, ['GET / HTTP/1.1', ...headers]);
  expect([answer.status, answer.headers['content-type']]).toEqual([status, 'application/json; charset=utf-8']);
  const { success, error } = JSON.parse(answer.body.toString()) as { success: boolean; error: Record<string, unknown> };
  expect({ success, code: error.code, id: error.request_id }).toEqual({
    success: false,
    code,
    id: answer.headers['x-request-id'],
  });
  expect(answer.reason).toMatch(/^[A-Z][\x20-\x7e]{2,39}$/);
});

test('the answer reaches a client that goes on sending and reads later', async () => {
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1').pause();
  socket.write('PATCH / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n');
  for (let times = 0; times < 10; times++) {
    await new Promise((resolve) => socket.write('[1,2,3],'.repeat(1000), resolve));
  }
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request.*BAD_HTTP/s);
});
