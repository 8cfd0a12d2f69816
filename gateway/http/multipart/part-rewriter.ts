import { randomUUID } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { limits } from '../../contract/params';
import { fail } from '../../errors';
import { parsePartHeader, type PartHeader } from './part-header';
import { say } from '../../sentence';

/** Longest header block of a part, and most text before the first delimiter. */
const MAX_HEADER_BYTES = 64 << 10;
const CRLF = '\r\n';
const [LF, CR] = [10, 13];
/** Others get their turn after so many parts: multer opens a file for each. */
const PARTS_AT_ONCE = 16;
/** Of the name of a field. */
const MAX_NAME = 200;

/** Takes the content of the file parts, one after the other. A body waits for each promise; see {@link PartFiles}. */
export interface FileSink {
  begin(index: number, header: PartHeader): Promise<void>;
  write(bytes: Buffer): Promise<void>;
  end(): void;
  /** The body ends here, in the middle. */
  destroy(): void;
}

/**
 * Turns a multipart body as clients really write it into one that any strict parser takes: a delimiter of our own, and for each part
 * `name="<index>"`, with `filename="<index>"` where it is a file; {@link parts} keeps the headers as they were. The content of a file goes straight to
 * the sink, and its part has one byte for all of it: nobody has to search the others again, or copy them.
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
  private fileCount = 0;
  private fieldCount = 0;
  /** Of all text so far: in fields, and on the disk. */
  private readonly textBytes = { fields: 0, spooled: 0 };
  /** The client's delimiter with the line end before it. */
  private found: Buffer = Buffer.alloc(0);
  /** Settles when the last bytes of a file were taken. */
  private taken: Promise<void> | undefined;
  /** Reads what comes next; false when it needs more bytes. */
  private step: () => boolean = this.readPreambleLine;

  /**
   * @param announced boundaries of the Content-Type, needed only to recognise a body without parts
   * @param options.maxBytes most bytes of the whole body
   * @param options.spoolParams the text of `params` goes to the sink
   * @param sink gets the content of file parts
   */
  constructor(
    private readonly announced: readonly string[],
    private readonly options: { maxBytes: number; spoolParams: boolean },
    private readonly sink: FileSink,
  ) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.rewrite(chunk).then(() => done(), done);
  }

  private async rewrite(chunk: Buffer): Promise<void> {
    this.received += chunk.length;
    const { maxBytes } = this.options;
    if (this.received > maxBytes) throw fail('TOO_LARGE', { what: 'upload', limit: megabytes(maxBytes) });
    this.rest = this.rest.length > 0 ? Buffer.concat([this.rest, chunk]) : chunk;
    for (let turn = this.parts.length, goesOn = true; goesOn;) {
      goesOn = this.step();
      await this.taken;
      this.taken = undefined;
      if (this.parts.length - turn < PARTS_AT_ONCE) continue;
      turn = this.parts.length;
      await setImmediate();
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
      ? say`the multipart body has no delimiter line (--boundary)`
      : say`the multipart body ends before its last delimiter; was the connection cut?`;
    done(fail('BAD_UPLOAD', { what }));
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (error) this.sink.destroy();
    done(error);
  }

  private readPreambleLine(): boolean {
    const end = this.rest.indexOf('\n');
    if ((end < 0 ? this.rest.length : end) + this.preambleBytes > MAX_HEADER_BYTES)
      throw fail('BAD_UPLOAD', { what: say`the multipart body does not start with a delimiter line (--boundary)` });
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
    const blank = blankLine(this.rest);
    if (!blank && this.rest.length > MAX_HEADER_BYTES)
      throw fail('BAD_UPLOAD', { what: say`the header of part ${this.parts.length} has no end` });
    if (!blank) return false;
    const header = parsePartHeader(this.rest.subarray(0, blank.start));
    this.countPart(header);
    // What goes to the disk is a file from here on.
    if (this.options.spoolParams && header.field === 'params') header.isFile = header.isSpooled = true;
    this.rest = this.rest.subarray(blank.end);
    const index = this.parts.push(header) - 1;
    const start = `${index > 0 ? CRLF : ''}--${this.delimiter}${CRLF}`;
    const file = header.isFile ? `; filename="${index}"${CRLF}Content-Type: application/octet-stream` : '';
    // A parser tells of a part when it has seen that its head is no delimiter: by one more byte.
    const content = header.isFile ? '.' : '';
    const head = `${start}Content-Disposition: form-data; name="${index}"${file}${CRLF}${CRLF}${content}`;
    // The parser hears of a file when that has begun.
    if (header.isFile) this.taken = this.sink.begin(index, header).then(() => void this.push(head));
    else this.push(head);
    this.step = this.readData;
    return true;
  }

  private countPart({ isFile, field }: PartHeader): void {
    if (field.length > MAX_NAME)
      throw fail('BAD_UPLOAD', {
        what: `the name of a form field has ${field.length} characters, at most ${MAX_NAME} are read`,
      });
    const [count, most, what] = isFile
      ? [++this.fileCount, limits.files, 'files']
      : [++this.fieldCount, limits.fields, 'text fields'];
    if (count > most) throw fail('TOO_MANY_PARTS', { limit: `${most} ${what}` });
  }

  private readData(): boolean {
    for (let at = this.rest.indexOf(this.found); at >= 0; at = this.rest.indexOf(this.found, at + 1)) {
      const end = at + this.found.length;
      const after = this.rest.toString('latin1', end, end + 128);
      const line = /^[ \t]*\r?\n/.exec(after);
      const isClosing = after.startsWith('--');
      const isCut = /^(?:-?|[ \t]*\r?)$/.test(after);
      // Else it is a longer text that only starts like the delimiter.
      if (!line && !isClosing && !isCut) continue;
      this.pass(at);
      if (!isCut && this.parts.at(-1)!.isFile) this.sink.end();
      if (isClosing) this.close();
      else if (line) {
        this.rest = this.rest.subarray(end - at + line[0].length);
        this.step = this.readHeader;
      }
      return !isCut;
    }
    this.pass(this.rest.length - this.heldBack());
    return false;
  }

  /** How many of the last bytes may be the start of a delimiter. */
  private heldBack(): number {
    const { rest, found } = this;
    const first = Math.max(0, rest.length - found.length + 1);
    for (let at = rest.indexOf(found[0], first); at >= 0; at = rest.indexOf(found[0], at + 1))
      if (rest.compare(found, 0, rest.length - at, at) === 0) return rest.length - at;
    return 0;
  }

  private pass(bytes: number): void {
    if (bytes <= 0) return;
    const { isFile, isSpooled } = this.parts.at(-1)!;
    if (!isFile || isSpooled) this.countText(bytes);
    const content = this.rest.subarray(0, bytes);
    if (isFile) this.taken = this.sink.write(content);
    else this.push(content);
    this.rest = this.rest.subarray(bytes);
  }

  private countText(bytes: number): void {
    const { isSpooled, field } = this.parts.at(-1)!;
    const most = isSpooled ? limits.polygonBytes : limits.textBytes;
    if ((this.textBytes[isSpooled ? 'spooled' : 'fields'] += bytes) <= most) return;
    const what = `The form field "${field}", with the text fields before it,`;
    throw fail('FIELD_TOO_LARGE', { what, limit: megabytes(most) });
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

/** The blank line after a header block, of either kind of line ends: where its block ends, and where it ends itself. */
function blankLine(bytes: Buffer): { start: number; end: number } | undefined {
  const lineEnd = (at: number) => (bytes[at] === LF ? at + 1 : bytes[at] === CR && bytes[at + 1] === LF ? at + 2 : 0);
  if (lineEnd(0)) return { start: 0, end: lineEnd(0) };
  for (let at = bytes.indexOf(LF); at >= 0 && at < MAX_HEADER_BYTES + 4; at = bytes.indexOf(LF, at + 1))
    if (lineEnd(at + 1)) return { start: at, end: lineEnd(at + 1) };
  return undefined;
}

/** Every `boundary` parameter of a Content-Type, quoted or not. */
export function boundariesOf(contentType: string): string[] {
  return [...contentType.matchAll(/boundary=(?:"([^"]*)"|([^;,\s]+))/gi)].map((match) => match[1] ?? match[2]);
}

/** A number of bytes as messages say it. */
export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MB`;
}
