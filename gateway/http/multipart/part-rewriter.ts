import { randomUUID } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import { limits } from '../../contract/params';
import { fail } from '../../errors';
import { parsePartHeader, type PartHeader } from './part-header';

/** Longest header block of a part, and most text before the first delimiter. */
const MAX_HEADER_BYTES = 64 << 10;
const CRLF = '\r\n';

/**
 * Turns a multipart body as clients really write it into one that any strict parser takes: a delimiter of our own, and for each part
 * `name="<index>"`, with `filename="<index>"` where it is a file. What the part was called is kept in {@link parts}. Bytes of parts pass through
 * unseen and unbuffered.
 *
 * The delimiter is read off the body's first line, so it does not matter what the Content-Type says of it: quoted, with a `$`, twice
 * (`aiaa-api.md` §4.7). A preamble, white space behind a delimiter, bare LF line ends and an epilogue are accepted.
 */
export class PartRewriter extends Transform {
  /** Header of every part so far; its index is the part's new name. */
  readonly parts: PartHeader[] = [];
  /** Of the rewritten body: what a parser behind this stream looks at. */
  readonly headers: Record<string, string>;
  private readonly delimiter = `gateway-${randomUUID()}`;
  private state: 'preamble' | 'header' | 'data' | 'end' = 'preamble';
  private rest: Buffer = Buffer.alloc(0);
  private preambleBytes = 0;
  private received = 0;
  /** The client's delimiter with the line end before it. */
  private found: Buffer = Buffer.alloc(0);

  /**
   * @param announced boundaries of the Content-Type, needed only to recognise a body without parts
   * @param maxBytes most bytes of the whole body
   */
  constructor(
    private readonly announced: readonly string[],
    private readonly maxBytes: number,
  ) {
    super();
    this.headers = {
      'content-type': `multipart/form-data; boundary=${this.delimiter}`,
      'transfer-encoding': 'chunked',
    };
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      this.received += chunk.length;
      if (this.received > this.maxBytes) throw fail('TOO_LARGE', { limit: megabytes(this.maxBytes) });
      this.rest = this.rest.length > 0 ? Buffer.concat([this.rest, chunk]) : chunk;
      while (this.step());
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  override _flush(done: TransformCallback): void {
    if (this.state === 'preamble' && this.isClosing(this.rest.toString('latin1').trim())) this.close();
    if (this.state === 'preamble' && this.received === this.rest.length && this.rest.toString('latin1').trim() === '')
      this.close();
    if (this.state === 'end') return done();
    const what =
      this.state === 'preamble'
        ? 'the multipart body has no delimiter line (--boundary)'
        : 'the multipart body ends before its last delimiter; was the connection cut?';
    done(fail('BAD_UPLOAD', { what }));
  }

  /** @returns false when more bytes are needed */
  private step(): boolean {
    switch (this.state) {
      case 'preamble':
        return this.readPreambleLine();
      case 'header':
        return this.readHeader();
      case 'data':
        return this.passData();
      case 'end':
        this.rest = Buffer.alloc(0);
        return false;
    }
  }

  private readPreambleLine(): boolean {
    const end = this.rest.indexOf('\n');
    if ((end < 0 ? this.rest.length : end) + this.preambleBytes > MAX_HEADER_BYTES)
      throw fail('BAD_UPLOAD', { what: 'the multipart body does not start with a delimiter line (--boundary)' });
    if (end < 0) return false;
    const line = this.rest.toString('latin1', 0, end);
    const text = line.trimEnd();
    this.preambleBytes += end + 1;
    this.rest = this.rest.subarray(end + 1);
    if (this.isClosing(text)) this.close();
    else if (text.length > 2 && text.startsWith('--')) {
      this.found = Buffer.from(`${line.endsWith('\r') ? CRLF : '\n'}${text}`, 'latin1');
      this.state = 'header';
    }
    return true;
  }

  private isClosing(line: string): boolean {
    return this.announced.some((boundary) => line === `--${boundary}--`);
  }

  private readHeader(): boolean {
    const block = this.endOfHeader();
    if (!block) {
      if (this.rest.length > MAX_HEADER_BYTES)
        throw fail('BAD_UPLOAD', { what: `the header of part ${this.parts.length} has no end` });
      return false;
    }
    if (this.parts.length >= limits.parts) throw fail('TOO_MANY_PARTS', { limit: `${limits.parts} parts` });
    const header = parsePartHeader(this.rest.subarray(0, block.length));
    this.rest = this.rest.subarray(block.next);
    this.writeHeader(header);
    this.state = 'data';
    return true;
  }

  /** The blank line behind the header block, of either kind of line ends. */
  private endOfHeader(): { length: number; next: number } | undefined {
    const match = /^\r?\n|\n\r?\n/.exec(this.rest.toString('latin1', 0, MAX_HEADER_BYTES + 4));
    return match ? { length: match.index, next: match.index + match[0].length } : undefined;
  }

  private writeHeader(header: PartHeader): void {
    const index = this.parts.push(header) - 1;
    const start = `${index > 0 ? CRLF : ''}--${this.delimiter}${CRLF}`;
    const file = header.isFile ? `; filename="${index}"${CRLF}Content-Type: application/octet-stream` : '';
    this.push(`${start}Content-Disposition: form-data; name="${index}"${file}${CRLF}${CRLF}`);
  }

  private passData(): boolean {
    const at = this.rest.indexOf(this.found);
    if (at < 0) {
      this.pass(this.rest.length - this.found.length + 1);
      return false;
    }
    this.pass(at);
    const behind = this.rest.toString('latin1', this.found.length, this.found.length + 128);
    const line = /^[ \t]*\r?\n/.exec(behind);
    if (line) {
      this.rest = this.rest.subarray(this.found.length + line[0].length);
      this.state = 'header';
    } else if (behind.startsWith('--')) this.close();
    else if (/^(?:-?|[ \t]*\r?)$/.test(behind)) return false;
    // A longer text that only starts like the delimiter.
    else this.pass(1);
    return true;
  }

  private pass(bytes: number): void {
    if (bytes <= 0) return;
    this.push(this.rest.subarray(0, bytes));
    this.rest = this.rest.subarray(bytes);
  }

  private close(): void {
    this.push(`${this.parts.length > 0 ? CRLF : ''}--${this.delimiter}--${CRLF}`);
    this.rest = Buffer.alloc(0);
    this.state = 'end';
  }
}

/** Every `boundary` parameter of a Content-Type, quoted or not. */
export function boundariesOf(contentType: string): string[] {
  return [...contentType.matchAll(/boundary=(?:"([^"]*)"|([^;,\s]+))/gi)].map((match) => match[1] ?? match[2]);
}

/** A number of bytes as messages say it. */
export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MB`;
}
