import { type AddressInfo, type Socket, createServer } from 'node:net';
import { logVerbosity, setLogVerbosity, status } from '@grpc/grpc-js';
import { Channel } from '../../gateway/triton/channel';
import { rpcFailureOf } from '../../gateway/triton/rpc-failure';
import { refuse, startFakeTriton } from './fake-triton';
import { until } from '../until';

// It writes to the terminal that a proxy does not answer.
setLogVerbosity(logVerbosity.NONE);

/** The answer of a server that is too slow. */
const never = new Promise<never>(() => undefined);

test.each(['grpc://host:8001', 'grpcs://10.0.0.1:8001/', 'host:8001', 'grpc://[::1]:8001'])(
  '"%s" is an address',
  (url) => {
    expect(() => new Channel({ url }).close()).not.toThrow();
  },
);

test.each(['http://host:8001', 'host', 'grpc://host', 'grpc://host:8001/path', 'grpc://::1:8001', ''])(
  '"%s" is not an address',
  (url) => {
    expect(() => new Channel({ url })).toThrow(/use grpc:\/\/host:port/);
  },
);

test('a server that is too slow costs the deadline, not more, on every call', async () => {
  let slow = false;
  const server = await startFakeTriton({
    ServerLive: () => (slow ? never : { live: true }),
    ModelInfer: () => never,
  });
  const channel = new Channel({ url: server.url, deadlines: { metadata: 150, infer: 250 } });
  // The deadline of the calls below is not for the connection.
  await until(() => channel.call('ServerLive', {}).catch(() => undefined));
  slow = true;
  await expect(channel.call('ServerLive', {})).rejects.toMatchObject({
    code: 'TRITON_UNAVAILABLE',
    message: expect.stringMatching(/no answer to ServerLive within 0.15 s/),
  });
  const infer = channel.callEncoded('ModelInfer', Buffer.alloc(0), { kind: 'infer', model: 'm' });
  await expect(infer).rejects.toMatchObject({ code: 'TRITON_TIMEOUT' });
  channel.close();
  server.stop();
});

test.each(['http_proxy', 'https_proxy', 'grpc_proxy'])(
  'a proxy for the world outside (%s) is not asked for Triton',
  async (name) => {
    const server = await startFakeTriton({ ServerLive: () => ({ live: true }) });
    const proxy = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const before = process.env[name];
    process.env[name] = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const [direct, throughProxy] = [false, true].map((proxy) => new Channel({ url: server.url, proxy }));
    try {
      await expect(direct.call('ServerLive', {})).resolves.toEqual({ live: true });
      await expect(throughProxy.call('ServerLive', {})).rejects.toMatchObject({ code: 'TRITON_UNAVAILABLE' });
    } finally {
      if (before === undefined) delete process.env[name];
      else process.env[name] = before;
      for (const channel of [direct, throughProxy]) channel.close();
      proxy.close();
      server.stop();
    }
  },
);

test('nobody listens', async () => {
  const server = await startFakeTriton({});
  server.stop();
  const channel = new Channel({ url: server.url });
  await expect(channel.call('ServerLive', {})).rejects.toMatchObject({
    code: 'TRITON_UNAVAILABLE',
    message: expect.stringContaining('ECONNREFUSED'),
  });
  channel.close();
});

test('somebody listens who does not speak', async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const channel = new Channel({
    url: `grpc://127.0.0.1:${(silent.address() as AddressInfo).port}`,
    deadlines: { infer: 300 },
  });
  const infer = channel.callEncoded('ModelInfer', Buffer.alloc(0), { kind: 'infer', model: 'm' });
  await expect(infer).rejects.toMatchObject({
    code: 'TRITON_UNAVAILABLE',
    message: expect.stringContaining('no connection within 0.3 s'),
  });
  channel.close();
  sockets.forEach((socket) => socket.destroy());
  silent.close();
});

test('a signal cancels a running call at once, and forbids one that has not begun', async () => {
  const server = await startFakeTriton({ ModelInfer: () => never });
  const channel = new Channel({ url: server.url });
  const abort = new AbortController();
  const call = () =>
    channel.callEncoded('ModelInfer', Buffer.alloc(0), { kind: 'infer', model: 'm', signal: abort.signal });
  const running = call();
  await until(() => server.calls.length === 1);
  abort.abort();
  await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
  await expect(call()).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(server.calls).toEqual(['ModelInfer']);
  channel.close();
  server.stop();
});

test('headers go with every call, and the words of the server come back', async () => {
  const server = await startFakeTriton({
    ServerMetadata: () => {
      throw refuse(status.UNAVAILABLE, 'This protocol is restricted, expecting header');
    },
  });
  const channel = new Channel({ url: server.url, headers: { 'triton-grpc-protocol-key': 'secret' } });
  const error = await channel.call('ServerMetadata', {}).catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    code: 'TRITON_UNAVAILABLE',
    message: expect.stringContaining('This protocol is restricted'),
  });
  expect(rpcFailureOf(error)).toMatchObject({ rpc: 'ServerMetadata', code: status.UNAVAILABLE });
  channel.close();
  server.stop();
});

test('a lost connection is told once, and the next call connects again', async () => {
  let server = await startFakeTriton({ ServerLive: () => ({ live: true }) });
  const channel = new Channel({ url: server.url });
  let losses = 0;
  channel.onConnectionLost(() => losses++);
  await channel.call('ServerLive', {});
  server.stop();
  await until(() => losses > 0);
  server = await startFakeTriton({ ServerLive: () => ({ live: true }) }, server.port);
  const answer = await until(() => channel.call('ServerLive', {}).catch(() => undefined));
  expect(answer).toEqual({ live: true });
  expect(losses).toBe(1);
  channel.close();
  server.stop();
});
