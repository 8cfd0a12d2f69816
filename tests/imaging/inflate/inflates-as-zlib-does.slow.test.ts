import { constants, deflateRawSync, deflateSync, gzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { gunzip, inflateZlib } from '../../../gateway/imaging/inflate/inflate';

let seed = 11;
/** Numbers from 0 to 1, the same in each run (a linear congruential generator, the constants of "Numerical Recipes"). */
const random = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;
const noise = Buffer.from(Uint8Array.from({ length: 700_000 }, () => random() * 256));
const contents: Record<string, Buffer> = {
  nothing: Buffer.alloc(0),
  'one byte': Buffer.from([7]),
  zeros: Buffer.alloc(3_000_000),
  noise,
  'small numbers in 16 bits': Buffer.from(Int16Array.from(noise, (value) => value * value * 0.02).buffer),
  'runs of every distance below 40': Buffer.concat(
    Array.from({ length: 40 }, (_, n) => Buffer.alloc(3000, noise.subarray(n, 2 * n + 1))),
  ),
  'repeats at the far end of the window': Buffer.concat(Array.from({ length: 9 }, () => noise.subarray(0, 32_768))),
};
const { Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE, Z_FILTERED, Z_DEFAULT_STRATEGY } = constants;
const settings = [
  ...[0, 1, 6, 9].map((level) => ({ level, strategy: Z_DEFAULT_STRATEGY })),
  ...[Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE, Z_FILTERED].map((strategy) => ({ level: 6, strategy })),
  { level: 6, windowBits: 9 },
];

async function* inPieces(bytes: Buffer, length: number) {
  for (let at = 0; at < bytes.length; at += length) yield Promise.resolve(bytes.subarray(at, at + length));
}

async function all(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const copies: Buffer[] = [];
  for await (const piece of pieces) copies.push(Buffer.from(piece));
  return Buffer.concat(copies);
}

describe.each(Object.entries(contents))('%s', (_, content) => {
  test.each(settings)('deflated with %j comes back', async (options) => {
    const [gzip, zlib] = [gzipSync(content, options), deflateSync(content, options)];
    for (const length of [1 << 20, 65_537, 4099]) {
      expect((await all(gunzip(inPieces(gzip, length)))).equals(content)).toBe(true);
      expect((await all(inflateZlib(inPieces(zlib, length)))).equals(content)).toBe(true);
    }
  });
});

test('a stream that comes byte by byte', async () => {
  const content = contents['small numbers in 16 bits'].subarray(0, 40_000);
  expect((await all(gunzip(inPieces(gzipSync(content), 1)))).equals(content)).toBe(true);
});

test('streams that are read in turns do not disturb each other', async () => {
  const sent = Object.values(contents);
  const readers = sent.map((content) => gunzip(inPieces(gzipSync(content), 5000)));
  const got = sent.map(() => [] as Buffer[]);
  for (let open = new Set(readers.keys()); open.size > 0;)
    for (const at of [...open]) {
      const { value, done } = await readers[at].next();
      if (done) open = new Set([...open].filter((other) => other !== at));
      else got[at].push(Buffer.from(value));
    }
  expect(got.map((pieces, at) => Buffer.concat(pieces).equals(sent[at]))).toEqual(sent.map(() => true));
});

const outcome = (work: () => Buffer): string => {
  try {
    return work().toString('base64');
  } catch (error) {
    return (error as Error).message;
  }
};

/** A zlib stream with the checksum of what comes out of it, if anything does. */
function zlibStreamOf(raw: Buffer): Buffer {
  let checksum = Buffer.alloc(4);
  try {
    checksum = deflateSync(inflateRawSync(raw)).subarray(-4);
  } catch {
    // Its error comes before the checksum is read.
  }
  return Buffer.concat([Buffer.from([0x78, 0x9c]), raw, checksum]);
}

test('damaged streams give the bytes or the error that zlib gives', async () => {
  const content = contents['small numbers in 16 bits'].subarray(0, 3000);
  const samples = settings.map((options) => deflateRawSync(content, options));
  const seen = new Set<string>();
  for (let round = 0; round < 6000; round++) {
    const raw = Buffer.from(samples[round % samples.length]);
    const first = Math.floor(random() * Math.min(raw.length, round % 2 ? 80 : raw.length));
    for (let n = 0; n < 1 + (round % 3); n++) raw[(first + n) % raw.length] ^= 1 << Math.floor(random() * 8);
    const stream = zlibStreamOf(raw);
    const expected = outcome(() => inflateSync(stream));
    const got = await all(inflateZlib(inPieces(stream, 1 + (round % 500)))).then(
      (bytes) => bytes.toString('base64'),
      (error: Error) => error.message,
    );
    if (got !== expected) throw new Error(`round ${round}: ${got.slice(0, 80)} for ${expected.slice(0, 80)}`);
    seen.add(expected.includes(' ') ? expected : 'bytes');
  }
  expect([...seen]).toEqual(
    expect.arrayContaining(['bytes', 'invalid block type', 'invalid distance too far back', 'unexpected end of file']),
  );
});
