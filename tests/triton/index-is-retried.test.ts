import { status } from '@grpc/grpc-js';
import { createTriton } from '../../gateway/triton/triton';
import { refuse, startFakeTriton } from './fake-triton';

/** A directory that vanishes during the scan fails the whole call. */
async function indexAfter(...failures: string[]) {
  const server = await startFakeTriton({
    RepositoryIndex: () => {
      const text = failures.shift();
      if (text) throw refuse(status.INTERNAL, text);
      return { models: [{ name: 'm', version: '1', state: 'READY' }] };
    },
  });
  const triton = createTriton({ url: server.url });
  const result = await triton.models.index().catch((error: Error) => error.message);
  await triton.close();
  server.stop();
  return { result, calls: server.calls.length };
}

test.each(['failed to stat file /models/x', 'failed to open directory /models'])('once after "%s"', async (text) => {
  expect(await indexAfter(text)).toEqual({
    result: [expect.objectContaining({ name: 'm', state: 'READY' })],
    calls: 2,
  });
});

test('not twice', async () => {
  const text = 'failed to stat file /models/x';
  expect(await indexAfter(text, text)).toEqual({ result: expect.stringContaining(text), calls: 2 });
});

test('not after another failure', async () => {
  expect(await indexAfter('something else')).toEqual({ result: expect.stringContaining('something else'), calls: 1 });
});
