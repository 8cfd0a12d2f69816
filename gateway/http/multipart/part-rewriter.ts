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
 * `name="<index>"`, with `filename="<index>"` where it is a file; {@link parts} keeps the headers as they were. Bytes of parts pass through unseen
 * and unbuffered.
 *
 * The delimiter is read off the body's first line, so that the Content-Type may say of it what it likes: quoted, with a `$`, twice. A preamble,
 * white space after a delimiter, bare LF line ends and an epilogue are accepted.
 */
export class PartRewriter extends Transform {
  /** Header of every part so far; its index is the part's new name. */
  readonly parts: PartHeader[] = [];
  private readonly delimiter = `gateway-${randomUUID()}`;
  /** Of the rewritten body, for the parser that reads this stream. */
  readonly headers = {
    'content-type': `multipart/form-data; boundary=${this.delimiter}`,
    'transfer-encoding': 'chunked',
  };
  private rest: Buffer = Buffer.alloc(0);
  private preambleBytes = 0;
  private received = 0;
  // Not `files`: multer keeps its own under that name on the stream it reads.
  private fileCount = 0;
  /** The client's delimiter with the line end before it. */
  private found: Buffer = Buffer.alloc(0);
  /** Reads what comes next; false when it needs more bytes. */
  private step: () => boolean = this.readPreambleLine;

  /**
   * @param announced boundaries of the Content-Type, needed only to recognise a body without parts
   * @param maxBytes most bytes of the whole body
   */
  constructor(
    private readonly announced: readonly string[],
    private readonly maxBytes: number,
  ) {
    super();
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
    const inPreamble = this.step === this.readPreambleLine;
    if (inPreamble) {
      const line = this.rest.toString('latin1').trim();
      if (this.isClosing(line) || (line === '' && this.received === this.rest.length)) this.close();
    }
    if (this.step === this.skip) return done();
    const what = inPreamble
      ? 'the multipart body has no delimiter line (--boundary)'
      : 'the multipart body ends before its last delimiter; was the connection cut?';
    done(fail('BAD_UPLOAD', { what }));
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
      this.step = this.readHeader;
    }
    return true;
  }

  private isClosing(line: string): boolean {
    return this.announced.some((boundary) => line === `--${boundary}--`);
  }

  private readHeader(): boolean {
    // The blank line after the header block, of either kind of line ends.
    const blank = /^\r?\n|\n\r?\n/.exec(this.rest.toString('latin1', 0, MAX_HEADER_BYTES + 4));
    if (!blank && this.rest.length > MAX_HEADER_BYTES)
      throw fail('BAD_UPLOAD', { what: `the header of part ${this.parts.length} has no end` });
    if (!blank) return false;
    if (this.parts.length >= limits.parts) throw fail('TOO_MANY_PARTS', { limit: `${limits.parts} parts` });
    const header = parsePartHeader(this.rest.subarray(0, blank.index));
    if (header.isFile && ++this.fileCount > limits.files)
      throw fail('TOO_MANY_PARTS', { limit: `${limits.files} files` });
    this.rest = this.rest.subarray(blank.index + blank[0].length);
    const index = this.parts.push(header) - 1;
    const start = `${index > 0 ? CRLF : ''}--${this.delimiter}${CRLF}`;
    const file = header.isFile ? `; filename="${index}"${CRLF}Content-Type: application/octet-stream` : '';
    this.push(`${start}Content-Disposition: form-data; name="${index}"${file}${CRLF}${CRLF}`);
    this.step = this.readData;
    return true;
  }

  private readData(): boolean {
    const at = this.rest.indexOf(this.found);
    if (at < 0) {
      this.pass(this.rest.length - this.found.length + 1);
      return false;
    }
    this.pass(at);
    const after = this.rest.toString('latin1', this.found.length, this.found.length + 128);
    const line = /^[ \t]*\r?\n/.exec(after);
    if (line) {
      this.rest = this.rest.subarray(this.found.length + line[0].length);
      this.step = this.readHeader;
    } else if (after.startsWith('--')) this.close();
    else if (/^(?:-?|[ \t]*\r?)$/.test(after)) return false;
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
    this.step = this.skip;
  }

  /** The epilogue. */
  private skip(): boolean {
    this.rest = Buffer.alloc(0);
    return false;
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
