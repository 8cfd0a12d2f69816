import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The part of WebAssembly that is used; Node's types leave it to the browser's. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: object };
};

/** The functions of assembly/inflate.ts. */
interface Code {
  memory: { buffer: ArrayBuffer };
  begin(): void;
  inflate(from: number, to: number, history: number, at: number, room: number): number;
  position(): number;
  written(): number;
  adler32(from: number, to: number, previous: number): number;
}

/** Of its memory of 512 KB, the first 64 KB hold tables; then come the compressed bytes, and what comes out of them after the last 32 KB that did. */
const INPUT = 1 << 16;
const INPUT_BYTES = 1 << 16;
const PADDING = 640;
const OUTPUT = INPUT + INPUT_BYTES + PADDING;
const WINDOW = 1 << 15;
const END = OUTPUT + WINDOW + (1 << 18);
/** Kept by each thread for the next streams: a memory takes 10 GB of addresses until it is collected. */
const MOST_IDLE = 4;

/** The faults of a stream, in zlib's words, in the order of the errors of assembly/inflate.ts. */
const MESSAGES = [
  'invalid block type',
  'invalid stored block lengths',
  'too many length or distance symbols',
  'invalid code lengths set',
  'invalid bit length repeat',
  'invalid code -- missing end-of-block',
  'invalid literal/lengths set',
  'invalid distances set',
  'invalid literal/length code',
  'invalid distance code',
  'invalid distance too far back',
];

export type InflateStatus = 'ended' | 'needs input' | 'needs room';
const STATUSES: readonly InflateStatus[] = ['ended', 'needs input', 'needs room'];

let compiled: object | undefined;
const idle: Inflater[] = [];

/** Inflates one stream at a time (RFC 1951), in memory of its own, about one and a half times as fast as zlib. */
export class Inflater {
  private readonly code: Code;
  private readonly memory: Buffer;
  private from = INPUT;
  private to = INPUT;
  private at = OUTPUT;
  /** Zeros after the last bytes of the stream. */
  private padding = 0;

  private constructor() {
    compiled ??= new WebAssembly.Module(readFileSync(join(__dirname, 'inflate.wasm')));
    this.code = new WebAssembly.Instance(compiled, {}).exports as Code;
    this.memory = Buffer.from(this.code.memory.buffer);
  }

  /** One for a new stream; {@link release} it. */
  static take(): Inflater {
    const inflater = idle.pop() ?? new Inflater();
    Object.assign(inflater, { from: INPUT, to: INPUT, at: OUTPUT, padding: 0 });
    inflater.code.begin();
    return inflater;
  }

  release(): void {
    if (idle.length < MOST_IDLE) idle.push(this);
  }

  /** Bytes that {@link give} takes now, 1 at the least where input is needed. */
  get room(): number {
    return INPUT_BYTES - (this.to - this.from);
  }

  /** The next bytes of the stream, {@link room} at the most; none at its end. @throws Z_BUF_ERROR when it must go on after that */
  give(bytes: Buffer): void {
    if (this.padding > 0) throw endsEarly();
    this.memory.copyWithin(INPUT, this.from, this.to);
    this.to -= this.from - INPUT;
    this.from = INPUT;
    bytes.copy(this.memory, this.to);
    this.to += bytes.length;
    if (bytes.length > 0) return;
    this.padding = PADDING;
    this.memory.fill(0, this.to, this.to + PADDING);
  }

  /** Goes on with the stream. @returns what came out of it, valid until the next call @throws Z_DATA_ERROR, as zlib */
  inflate(): { status: InflateStatus; piece: Buffer } {
    if (this.at > OUTPUT + WINDOW) {
      this.memory.copyWithin(OUTPUT, this.at - WINDOW, this.at);
      this.at = OUTPUT + WINDOW;
    }
    const status = this.code.inflate(this.from, this.to + this.padding, OUTPUT, this.at, END);
    this.from = this.code.position();
    if (this.from > this.to) throw endsEarly();
    if (!(status in STATUSES)) throw zlibError('Z_DATA_ERROR', MESSAGES[status - STATUSES.length]);
    const piece = this.memory.subarray(this.at, this.code.written());
    this.at += piece.length;
    return { status: STATUSES[status], piece };
  }

  /** The checksum of a zlib stream (RFC 1950), of a piece that is still valid. @param previous 1 at first */
  adler32({ byteOffset, length }: Buffer, previous: number): number {
    return this.code.adler32(byteOffset, byteOffset + length, previous) >>> 0;
  }

  /** Given, and not of the stream. */
  get rest(): Buffer {
    return Buffer.from(this.memory.subarray(this.from, this.to));
  }
}

export const zlibError = (code: 'Z_BUF_ERROR' | 'Z_DATA_ERROR', message: string): Error =>
  Object.assign(new Error(message), { code });
export const endsEarly = () => zlibError('Z_BUF_ERROR', 'unexpected end of file');
