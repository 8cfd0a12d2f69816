import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { allocateUnset } from '../../../arena';
import { known, say, sentenceOf } from '../../../sentence';
import { ImageError, tooLarge, unreadable, unsupported } from '../../image-error';
import { sizeOf, type NumericArray } from '../../volume';
import { bytesOf, valuesIn, type ValueType } from '../value-types';
import { MOST_BYTES, type PackedHead } from './packed-array';

/** `npy`: as numpy's `save` writes it, plain or in gzip. Else gzip of little-endian float32 without a head, of this shape. */
export type StreamedForm = { kind: 'npy' } | { kind: 'floats'; shape: number[] };

type Head = Pick<PackedHead, 'type' | 'shape'> & { isLittleEndian: boolean; isFortran: boolean };

const NAME = known('the array');
const MAGIC = Buffer.from('\x93NUMPY', 'latin1');
const GZIP = [0x1f, 0x8b];
/** Of an array of eight axes it has about 150. */
const MOST_HEAD_BYTES = 4096;
const TYPES: Record<string, ValueType> = {
  b1: 'uint8', u1: 'uint8', i1: 'int8', u2: 'uint16', i2: 'int16', u4: 'uint32', i4: 'int32', u8: 'uint64', i8: 'int64', f4: 'float32', f8: 'float64',
}; // prettier-ignore

/**
 * Reads an array of an older client: slowest axis first. Memory is taken once its head is known, and no more than that says.
 * @param check is called before; may throw
 * @returns 64-bit integers as float64
 * @throws ImageError for damage, and for what is not read
 */
export async function readStreamedArray(
  path: string,
  form: StreamedForm,
  check: (head: PackedHead) => void | Promise<void>,
): Promise<{ data: NumericArray; shape: number[] }> {
  const { size: fileBytes } = await stat(path);
  const source = new Pieces(await unpacked(path, form.kind === 'floats'));
  try {
    const head = form.kind === 'npy' ? await readHead(source) : headOf(form.shape);
    const { type, shape, isLittleEndian, isFortran } = head;
    const bytes = sizeOf(shape) * bytesOf(type);
    if (!(bytes <= MOST_BYTES)) throw tooLarge(say`${NAME} of ${shape.join(' x ')} values has ${bytes} bytes; up to ${MOST_BYTES} are read`); // prettier-ignore
    if (isFortran && shape.filter((length) => length > 1).length > 1)
      throw unsupported(say`${NAME} is in Fortran order; C order is read (numpy.ascontiguousarray makes it)`);
    await check({ type, isHalf: false, shape, bytes, fileBytes });
    const storage = allocateUnset(Uint8Array, bytes);
    const filled = await source.fill(storage);
    if (filled < bytes) throw unreadable(say`${NAME} is truncated: ${filled} of ${bytes} bytes for ${shape.join(' x ')} values of ${known(type)}`); // prettier-ignore
    if ((await source.take(1)).length > 0) throw unreadable(say`${NAME} has more bytes than the ${bytes} of ${shape.join(' x ')} values of ${known(type)}`); // prettier-ignore
    return { data: valuesIn(storage, type, isLittleEndian, NAME.text), shape };
  } catch (error) {
    if (error instanceof ImageError || !isOfGzip(error)) throw error;
    throw unreadable(say`${NAME} is damaged: ${sentenceOf(error)}`);
  } finally {
    source.close();
  }
}

const isOfGzip = (error: unknown) => /^Z_/.test((error as NodeJS.ErrnoException).code ?? '');

function headOf(shape: number[]): Head {
  return { type: 'float32', shape, isLittleEndian: true, isFortran: false };
}

async function unpacked(path: string, isPacked: boolean): Promise<Readable> {
  const begin = createReadStream(path, { end: 1 });
  const [first, second] = Buffer.concat((await begin.toArray()) as Buffer[]);
  const file = createReadStream(path);
  return isPacked || (first === GZIP[0] && second === GZIP[1]) ? pipeline(file, createGunzip(), () => undefined) : file;
}

/** The head of an .npy file. @see numpy.lib.format, versions 1.0 to 3.0 */
async function readHead(source: Pieces): Promise<Head> {
  const begin = await source.take(8);
  if (!begin.subarray(0, 6).equals(MAGIC)) throw unreadable(say`the file is not an .npy array: it does not begin with ${known('\\x93NUMPY')}`);
  const lengthBytes = begin[6] === 1 ? 2 : 4;
  const length = await source.take(lengthBytes);
  const bytes = length.length < lengthBytes ? 0 : length.readUIntLE(0, lengthBytes);
  if (bytes > MOST_HEAD_BYTES) throw unreadable(say`${NAME} says that its header has ${bytes} bytes; up to ${MOST_HEAD_BYTES} are read`);
  const text = (await source.take(bytes)).toString('latin1');
  const [, descr] = /'descr': *'([^']*)'/.exec(text) ?? [];
  const [, lengths] = /'shape': *\(([\d, ]*)\)/.exec(text) ?? [];
  const [, order] = /'fortran_order': *(True|False)/.exec(text) ?? [];
  if (lengths === undefined || order === undefined || !text.endsWith('\n')) throw unreadable(say`${NAME} is no .npy array whose header can be read`);
  const type = TYPES[/^[<>|=](\w\d)$/.exec(descr ?? '')?.[1] ?? ''];
  if (type === undefined) throw unsupported(say`${NAME} has values of type "${descr ?? 'structured'}"; bool, integers of up to 8 bytes, float32 and float64 are read`);
  const shape = lengths.split(',').map((part) => part.trim()).filter(Boolean).map(Number);
  return { type, shape, isLittleEndian: !descr.startsWith('>'), isFortran: order === 'True' };
} // prettier-ignore

/** A stream by numbers of bytes. */
class Pieces {
  private readonly pieces: AsyncIterator<Buffer>;
  private rest: Buffer = Buffer.alloc(0);

  constructor(private readonly stream: Readable) {
    this.pieces = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /** So many bytes; fewer at the end of the stream. */
  async take(bytes: number): Promise<Buffer> {
    const taken = Buffer.alloc(bytes);
    return taken.subarray(0, await this.fill(taken));
  }

  /** @returns how many bytes there were */
  async fill(target: Uint8Array): Promise<number> {
    let filled = 0;
    while (filled < target.length) {
      if (this.rest.length === 0) {
        const { value, done } = await this.pieces.next();
        if (done) break;
        this.rest = value;
      }
      const part = this.rest.subarray(0, target.length - filled);
      target.set(part, filled);
      filled += part.length;
      this.rest = this.rest.subarray(part.length);
    }
    return filled;
  }

  close(): void {
    this.stream.destroy();
  }
}
