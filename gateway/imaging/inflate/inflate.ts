import { setImmediate } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { endsEarly, Inflater, zlibError } from './inflater';

const STEP = 1 << 15;
/** Bytes that come out, in some milliseconds, before others have a turn. */
const TURN = 1 << 20;

/**
 * The content of all members of a gzip file (RFC 1952), an empty piece after each whole one; other bytes at the end are left out.
 * Each piece is valid until the next one.
 * @throws errors like zlib's own: `Z_BUF_ERROR` when the data end early, `Z_DATA_ERROR` when they are damaged
 */
export const gunzip = (chunks: AsyncIterable<Buffer>) => closing(chunks, gunzipped);

async function* gunzipped(input: Input): AsyncGenerator<Buffer> {
  if (!(await skipMemberHeader(input))) throw zlibError('Z_DATA_ERROR', 'incorrect header check');
  do {
    let [crc, length] = [0, 0];
    yield* inflated(input, (piece) => {
      crc = crc32(piece, crc);
      length += piece.length;
    });
    const trailer = await input.take(8);
    if (trailer.length < 8) throw endsEarly();
    if (trailer.readUInt32LE(0) !== crc) throw zlibError('Z_DATA_ERROR', 'incorrect data check');
    if (trailer.readUInt32LE(4) !== length % 2 ** 32) throw zlibError('Z_DATA_ERROR', 'incorrect length check');
    yield Buffer.alloc(0);
  } while (await skipMemberHeader(input));
}

/** The content of a zlib stream; bytes after it are left out, its checksum is verified. @throws as {@link gunzip} @see RFC 1950 */
export const inflateZlib = (chunks: AsyncIterable<Buffer>) => closing(chunks, zlibInflated);

async function* zlibInflated(input: Input): AsyncGenerator<Buffer> {
  const header = await input.take(2);
  if (header.length < 2) throw endsEarly();
  const [method, flags] = header;
  if (header.readUInt16BE() % 31 !== 0) throw zlibError('Z_DATA_ERROR', 'incorrect header check');
  if ((method & 15) !== 8) throw zlibError('Z_DATA_ERROR', 'unknown compression method');
  if (method >> 4 > 7) throw zlibError('Z_DATA_ERROR', 'invalid window size');
  if (flags & 32) throw Object.assign(new Error('Missing dictionary'), { code: 'Z_NEED_DICT' });
  let adler = 1;
  yield* inflated(input, (piece, inflater) => (adler = inflater.adler32(piece, adler)));
  const trailer = await input.take(4);
  if (trailer.length < 4) throw endsEarly();
  if (trailer.readUInt32BE() !== adler) throw zlibError('Z_DATA_ERROR', 'incorrect data check');
}

/** Tells the source of the bytes where nobody wants more of them: it may have a file open. */
async function* closing(
  chunks: AsyncIterable<Buffer>,
  content: (input: Input) => AsyncGenerator<Buffer>,
): AsyncGenerator<Buffer> {
  const input = new Input(chunks);
  try {
    yield* content(input);
  } finally {
    await input.close();
  }
}

class Input {
  private rest: Buffer = Buffer.alloc(0);
  private readonly source: AsyncIterator<Buffer>;

  constructor(chunks: AsyncIterable<Buffer>) {
    this.source = chunks[Symbol.asyncIterator]();
  }

  async close(): Promise<void> {
    await this.source.return?.();
  }

  /** The next 1 to `most` bytes; none at the end. */
  async some(most: number): Promise<Buffer> {
    while (this.rest.length === 0) {
      const { value, done } = await this.source.next();
      if (done) break;
      this.rest = value;
    }
    const bytes = this.rest.subarray(0, most);
    this.rest = this.rest.subarray(bytes.length);
    return bytes;
  }

  async take(count: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let missing = count; missing > 0;) {
      const part = await this.some(missing);
      if (part.length === 0) break;
      // A source may use the memory of a chunk again.
      parts.push(Buffer.from(part));
      missing -= part.length;
    }
    return Buffer.concat(parts);
  }

  putBack(bytes: Buffer): void {
    this.rest = this.rest.length === 0 ? bytes : Buffer.concat([bytes, this.rest]);
  }
}

/** Passes over the header of a gzip member. @returns false, and takes nothing, when there is none */
async function skipMemberHeader(input: Input): Promise<boolean> {
  const start = await input.take(10);
  const isMember = start.length === 10 && start[0] === 0x1f && start[1] === 0x8b && start[2] === 8 && start[3] < 32;
  if (!isMember) {
    input.putBack(start);
    return false;
  }
  const flags = start[3];
  if (flags & 4) await skip(input, (await input.take(2)).reduce((size, byte, i) => size + byte * 256 ** i, 0)); // prettier-ignore
  if (flags & 8) await skipText(input);
  if (flags & 16) await skipText(input);
  if (flags & 2) await skip(input, 2);
  return true;
}

async function skip(input: Input, count: number): Promise<void> {
  if ((await input.take(count)).length < count) throw endsEarly();
}

/** Passes over a text and the zero byte that ends it. */
async function skipText(input: Input): Promise<void> {
  for (;;) {
    const bytes = await input.some(STEP);
    if (bytes.length === 0) throw endsEarly();
    const end = bytes.indexOf(0);
    if (end < 0) continue;
    input.putBack(bytes.subarray(end + 1));
    return;
  }
}

/** Inflates to the end of the stream of deflate and leaves what follows in the input. Each piece is valid until the next one. */
async function* inflated(input: Input, checked: (piece: Buffer, inflater: Inflater) => void): AsyncGenerator<Buffer> {
  const inflater = Inflater.take();
  try {
    let sinceTurn = 0;
    for (;;) {
      const { status, piece } = inflater.inflate();
      checked(piece, inflater);
      if (piece.length > 0) yield piece;
      if (status === 'ended') break;
      if (status === 'needs input') inflater.give(await input.some(inflater.room));
      // A few bytes may become a long piece, and nobody else had a turn yet.
      sinceTurn += piece.length;
      if (sinceTurn < TURN) continue;
      sinceTurn = 0;
      await setImmediate();
    }
    input.putBack(inflater.rest);
  } finally {
    inflater.release();
  }
}
