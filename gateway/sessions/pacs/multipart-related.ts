const CRLF = Buffer.from('\r\n');
const HEADERS_END = Buffer.from('\r\n\r\n');
type Place = 'preamble' | 'after-delimiter' | 'headers' | 'content' | 'epilogue';

const LONGEST_HEADERS = 64 << 10;

/** Takes the parts of a body as they arrive. */
export interface PartSink {
  /** A part begins. */
  begin(): Promise<void>;
  /** Some of its content. */
  write(content: Buffer): Promise<void>;
  end(): Promise<void>;
}

/** The parameter `boundary` of a Content-Type. @throws Error when there is none */
export function boundaryOf(contentType: string): string {
  const match = /;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType);
  const boundary = match?.[1] ?? match?.[2];
  if (!/^multipart\//i.test(contentType) || !boundary)
    throw new Error(`it answered with Content-Type "${contentType}" instead of multipart/related`);
  return boundary;
}

/**
 * Reads a multipart body piece by piece; no part is ever whole in memory.
 * @throws Error when the body ends before its closing delimiter
 * @see RFC 2046 §5.1.1
 */
export async function readParts(body: AsyncIterable<Uint8Array>, boundary: string, sink: PartSink): Promise<void> {
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  // The first delimiter may stand at the very beginning, without the line end that belongs to it.
  let rest: Buffer = CRLF;
  let place = 'preamble' as Place;

  /** Goes as far as the bytes at hand allow; false when more are needed. */
  const step = async (): Promise<boolean> => {
    if (place === 'preamble' || place === 'content') {
      const at = rest.indexOf(delimiter);
      const until = at >= 0 ? at : Math.max(0, rest.length - delimiter.length + 1);
      if (place === 'content' && until > 0) await sink.write(rest.subarray(0, until));
      rest = rest.subarray(at >= 0 ? until + delimiter.length : until);
      if (at < 0) return false;
      if (place === 'content') await sink.end();
      place = 'after-delimiter';
      return true;
    }
    if (place === 'after-delimiter') {
      if (rest.length < 2) return false;
      place = rest.toString('latin1', 0, 2) === '--' ? 'epilogue' : 'headers';
      return place === 'headers';
    }
    // The line end after the delimiter is still there, so that a part without headers ends like the others.
    const at = rest.indexOf(HEADERS_END);
    if (at < 0 && rest.length > LONGEST_HEADERS) throw new Error('a part of its answer has endless headers');
    if (at < 0) return false;
    rest = rest.subarray(at + HEADERS_END.length);
    place = 'content';
    await sink.begin();
    return true;
  };

  for await (const chunk of body) {
    if (place !== 'epilogue') rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    while (place !== 'epilogue' && (await step()));
  }
  if (place !== 'epilogue') throw new Error('its answer broke off');
}
