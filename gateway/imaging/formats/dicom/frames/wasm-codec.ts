import { createRequire } from 'node:module';
import { ImageError } from '../../../image-error';

/** What the decoders of the codec packages have in common. */
export interface WasmDecoder {
  /** Memory of the program for this many bytes. */
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
  /** A view of the program's memory. */
  getDecodedBuffer(): Uint8Array;
  getFrameInfo(): { width: number; height: number; bitsPerSample: number; componentCount: number };
  delete(): void;
}

/** A codec in WebAssembly, after its program has started. */
interface Program {
  HEAPU8: Uint8Array;
}

type Factory<P extends Program> = (options: { print(line: string): void; printErr(line: string): void }) => Promise<P>;

const load = createRequire(__filename);

/** A program that has grown beyond this is thrown away when it is idle. */
const MOST_KEPT_BYTES = 256 << 20;

/**
 * One codec of this thread. Its program starts with the first frame, and again after every failure: one that has aborted or thrown may have
 * lost memory.
 */
export class WasmCodec<P extends Program> {
  private program: Promise<P> | undefined;
  /** What the program has to say of the frame. */
  private complaint = '';

  /** @param module exports the program's factory; it is loaded with the first frame */
  constructor(private readonly module: string) {}

  /**
   * Decodes one codestream.
   *
   * @param decoderOf makes a decoder in the program
   * @param read takes what is wanted from the decoder; views of its memory must be copied
   * @throws ImageError when the program gives up
   */
  async decode<D extends WasmDecoder, R>(
    bytes: Uint8Array,
    decoderOf: (program: P) => D,
    read: (decoder: D) => R,
  ): Promise<R> {
    const program = await (this.program ??= this.start());
    this.complaint = '';
    try {
      const decoder = decoderOf(program);
      decoder.getEncodedBuffer(bytes.length).set(bytes);
      decoder.decode();
      if (this.complaint) throw new Error(this.complaint);
      const result = read(decoder);
      decoder.delete();
      if (program.HEAPU8.length > MOST_KEPT_BYTES) this.program = undefined;
      return result;
    } catch (cause) {
      this.program = undefined;
      // A C++ exception is thrown as its address: a number, not an Error.
      const reason = this.complaint || (cause instanceof Error ? cause.message : '');
      throw new ImageError('unreadable', `its pixel data is damaged: the decoder gave up${reason && ` (${reason})`}`, {
        cause,
      });
    }
  }

  private start(): Promise<P> {
    const listen = (line: string) => {
      if (/error/i.test(line)) this.complaint ||= line.replace(/^\[ERROR\] /, '').trim();
    };
    return (load(this.module) as Factory<P>)({ print: listen, printErr: listen });
  }
}
