import { SaidError, say } from '../../sentence';

const HEADERS_END = Buffer.from('\r\n\r\n');
const LONGEST_HEADERS = 64 << 10;

/** The parameter `boundary` of a Content-Type. @throws Error when there is none */
export function boundaryOf(contentType: string): string {
  const match = /;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType);
  const boundary = match?.[1] ?? match?.[2];
  if (!/^multipart\//i.test(contentType) || !boundary)
    throw new SaidError(say`it answered with Content-Type "${contentType}" instead of multipart/related`);
  return boundary;
}

/**
 * Reads a multipart body piece by piece: 'part' where one begins, then its content; no part is ever whole in memory.
 * @throws Error when the body ends before its closing delimiter
 * @see RFC 2046 §5.1.1
 */
export async function* readParts(body: AsyncIterable<Uint8Array>, boundary: string): AsyncGenerator<Buffer | 'part'> {
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  const chunks = body[Symbol.asyncIterator]();
  // The first delimiter may stand at the very beginning, without the line end that belongs to it.
  let rest = Buffer.from('\r\n');
  const readMore = async () => {
    const { done, value } = await chunks.next();
    if (done) throw new SaidError(say`its answer broke off`);
    rest = Buffer.concat([rest, value]);
  };
  async function* untilDelimiter(): AsyncGenerator<Buffer> {
    for (;;) {
      const at = rest.indexOf(delimiter);
      const until = at >= 0 ? at : Math.max(0, rest.length - delimiter.length + 1);
      if (until > 0) yield rest.subarray(0, until);
      rest = rest.subarray(at >= 0 ? until + delimiter.length : until);
      if (at >= 0) return;
      await readMore();
    }
  }
  try {
    const preamble = untilDelimiter();
    while (!(await preamble.next()).done);
    for (;;) {
      while (rest.length < 2) await readMore();
      if (rest.toString('latin1', 0, 2) === '--') break;
      // The line end after the delimiter is still there, so that a part without headers ends like the others.
      while (!rest.includes(HEADERS_END)) {
        if (rest.length > LONGEST_HEADERS) throw new SaidError(say`a part of its answer has endless headers`);
        await readMore();
      }
      rest = rest.subarray(rest.indexOf(HEADERS_END) + HEADERS_END.length);
      yield 'part';
      yield* untilDelimiter();
    }
    while (!(await chunks.next()).done);
  } finally {
    await chunks.return?.();
  }
}
