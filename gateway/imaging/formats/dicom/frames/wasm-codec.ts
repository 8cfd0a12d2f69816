import { createRequire } from 'node:module';
import { unreadable } from '../../../image-error';
import { say } from '../../../../sentence';

interface WasmDecoder {
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
  getDecodedBuffer(): Uint8Array;
  /** Of JPEG-LS. */
  getInterleaveMode(): number;
  delete(): void;
}

/** A codec in WebAssembly, after its program has started: its memory, and its classes by their names. */
type Program = { HEAPU8: Uint8Array } & Record<string, new () => WasmDecoder>;
type Factory = (options: { print(line: string): void; printErr(line: string): void }) => Promise<Program>;

const load = createRequire(__filename);

/** A program that has grown beyond this is thrown away when it is idle. */
const MOST_KEPT_BYTES = 256 << 20;

/** One codec of this thread. Its program starts with the first frame, and again after every failure, when it may have lost memory. */
export class WasmCodec {
  private program: Promise<Program> | undefined;
  private complaint = '';

  /** @param module exports the program's factory @param decoder name of the class that decodes */
  constructor(
    private readonly module: string,
    private readonly decoder: string,
  ) {}

  /** The samples of one codestream, of more than 8 bits as words. @param take more that is wanted of the decoder @throws ImageError */
  async decode(
    bytes: Uint8Array,
    precision: number,
    take?: (decoder: WasmDecoder) => void,
  ): Promise<Uint8Array | Uint16Array> {
    const program = await (this.program ??= this.start());
    this.complaint = '';
    try {
      const decoder = new program[this.decoder]();
      decoder.getEncodedBuffer(bytes.length).set(bytes);
      decoder.decode();
      if (this.complaint) throw new Error(this.complaint);
      const copy = decoder.getDecodedBuffer().slice();
      take?.(decoder);
      decoder.delete();
      if (program.HEAPU8.length > MOST_KEPT_BYTES) this.program = undefined;
      return precision > 8 ? new Uint16Array(copy.buffer, 0, copy.length >> 1) : copy;
    } catch (cause) {
      this.program = undefined;
      // A C++ exception is thrown as its address: a number, not an Error.
      const reason = this.complaint || (cause instanceof Error ? cause.message : '');
      throw unreadable(say`its pixel data is damaged: the decoder gave up${reason && say` (${reason})`}`, cause);
    }
  }

  private start(): Promise<Program> {
    const listen = (line: string) => {
      if (/error/i.test(line)) this.complaint ||= line.replace(/^\[ERROR\] /, '').trim();
    };
    return (load(this.module) as Factory)({ print: listen, printErr: listen });
  }
}
