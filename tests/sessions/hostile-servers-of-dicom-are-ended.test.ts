import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { limitUnits } from '../../gateway/sessions/pacs/association';

let ends: Socket[];
let server: ReturnType<typeof createServer>;

beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const theirs = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [ours] = (await once(server, 'connection')) as [Socket];
  ends = [theirs, ours];
  limitUnits(ours);
});
afterEach(() => {
  for (const end of ends) end.destroy();
  server.close();
});

/** A protocol data unit of this length, or its head alone. */
function unit(length: number, content = Buffer.alloc(length)): Buffer {
  const head = Buffer.from([4, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(length, 2);
  return Buffer.concat([head, content]);
}

test('units of the length that was agreed on come through, however they are cut', async () => {
  const [theirs, ours] = ends;
  const all = Buffer.concat([
    unit(1 << 20),
    unit(0),
    unit(4),
    ...Array.from({ length: 50 }, (_, at) => unit(at * 700)),
  ]);
  let received = 0;
  ours.on('data', ({ length }: Buffer) => (received += length));
  for (let at = 0; at < all.length; at += 9973)
    if (!theirs.write(all.subarray(at, at + 9973))) await once(theirs, 'drain');
  theirs.end();
  await once(ours, 'end');
  expect(received).toBe(all.length);
});

test('a longer one ends the connection when its length is known, and before its bytes came', async () => {
  const [theirs, ours] = ends;
  theirs.on('error', () => undefined);
  ours.resume();
  theirs.write(Buffer.concat([unit(100), unit(0xfffffff0, Buffer.alloc(0))]));
  const [error] = (await once(ours, 'error')) as [Error];
  expect(error.message).toBe('it sent a unit of 4294967280 bytes, at most 1048576 are taken');
});
