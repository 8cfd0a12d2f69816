import { crc32, createInflate, createInflateRaw, type Inflate, type InflateRaw } from 'node:zlib';

/** Compressed bytes inflated at a time: at most 1032 times as many come out of them (the limit of deflate). */
const STEP = 1 << 15;
const CHUNK = 1 << 20;

/**
 * The content of all members of a gzip file (RFC 1952), an empty piece after each whole one; other bytes at the end are left out.
 * @throws errors like zlib's own: `Z_BUF_ERROR` when the data end early, `Z_DATA_ERROR` when they are damaged
 */
export async function* gunzip(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const input = new Input(chunks);
  if (!(await skipMemberHeader(input))) throw zlibError('Z_DATA_ERROR', 'incorrect header check');
  do {
    let [crc, length] = [0, 0];
    for await (const piece of inflated(createInflateRaw({ chunkSize: CHUNK }), input)) {
      crc = crc32(piece, crc);
      length += piece.length;
      yield piece;
    }
    const trailer = await input.take(8);
    if (trailer.length < 8) throw endsEarly();
    if (trailer.readUInt32LE(0) !== crc) throw zlibError('Z_DATA_ERROR', 'incorrect data check');
    if (trailer.readUInt32LE(4) !== length % 2 ** 32) throw zlibError('Z_DATA_ERROR', 'incorrect length check');
    yield Buffer.alloc(0);
  } while (await skipMemberHeader(input));
}

/** The content of a zlib stream; bytes after it are left out, its checksum is verified. @throws as {@link gunzip} @see RFC 1950 */
export function inflateZlib(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  return inflated(createInflate({ chunkSize: CHUNK }), new Input(chunks));
}

class Input {
  private rest: Buffer = Buffer.alloc(0);
  private readonly source: AsyncIterator<Buffer>;

  constructor(chunks: AsyncIterable<Buffer>) {
    this.source = chunks[Symbol.asyncIterator]();
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
      parts.push(part);
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

/** Inflates to the end of the stream of deflate and leaves what follows in the input. The next step runs while a piece is used. */
async function* inflated(inflate: Inflate | InflateRaw, input: Input): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = [];
  let settle: (error?: Error | null) => void = () => undefined;
  inflate.on('data', (piece: Buffer) => pieces.push(piece));
  inflate.on('error', (error) => settle(error));

  let given = 0;
  const step = async (): Promise<{ made: Buffer[]; atEnd: boolean }> => {
    let bytes = await input.some(STEP);
    const isLast = bytes.length === 0;
    // Whether the stream is over shows when a byte more is not taken.
    if (isLast) bytes = Buffer.alloc(1);
    given += bytes.length;
    await new Promise<void>((resolve, reject) => {
      settle = (error) => (error ? reject(error) : resolve());
      inflate.write(bytes, settle);
    });
    const left = given - inflate.bytesWritten;
    if (isLast && left === 0) throw endsEarly();
    if (left > 0 && !isLast) input.putBack(bytes.subarray(bytes.length - left));
    const made = pieces;
    pieces = [];
    return { made, atEnd: left > 0 };
  };

  try {
    for (let next = step(), atEnd = false; !atEnd;) {
      const done = await next;
      ({ atEnd } = done);
      if (!atEnd) {
        next = step();
        next.catch(() => undefined);
      }
      yield* done.made;
    }
  } finally {
    inflate.destroy();
  }
}

const zlibError = (code: 'Z_BUF_ERROR' | 'Z_DATA_ERROR', message: string): Error =>
  Object.assign(new Error(message), { code });
const endsEarly = () => zlibError('Z_BUF_ERROR', 'unexpected end of file');
