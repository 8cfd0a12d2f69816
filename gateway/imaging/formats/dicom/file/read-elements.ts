import type { ByteSource } from './byte-source';
import type { DataSet } from './data-set';
import { encodingOfItems, endOfItems, headAt, LONGEST_HEAD, NeedsMore, NotDicom, tagName } from './encoding';
import { UNDEFINED, type Encoding } from './encoding';

/** Where reading stopped: an element and the place of its value. */
export interface Stop {
  tag: number;
  vr: string;
  at: number;
  /** Bytes of the value, or `UNDEFINED`. */
  length: number;
}

/** Read at a time: the headers of most images in one. */
const PIECE = 16 << 10;
/** Most bytes of one value: functional groups of 40,000 frames. */
const LARGEST_VALUE = 128 << 20;
/** Values beyond this are stepped over, unless they were asked for. */
const SMALL_VALUE = 16 << 10;
const LAST_GROUP_OF_SMALL = 0x0028;

/**
 * Reads top-level elements into `dataSet` up to the first one that `isEnd` names: small values up to group 0028, and those of `large` whatever their
 * size. What is not wanted is not read.
 *
 * @returns undefined when the data set ends first
 * @throws NotDicom, also when the source ends inside an element
 */
export async function readElements(
  source: ByteSource,
  from: number,
  encoding: Encoding,
  { dataSet, large, isEnd }: { dataSet: DataSet; large: ReadonlySet<number>; isEnd: (tag: number) => boolean },
): Promise<Stop | undefined> {
  let piece: Buffer = Buffer.alloc(0);
  let [pieceAt, at] = [from, from];
  /** The element at `at`, and where the next one begins. */
  const step = (): { stop?: Stop; next: number } => {
    const here = at - pieceAt;
    if (here > piece.length) throw new NeedsMore(here + LONGEST_HEAD);
    const { tag, vr, length, size } = headAt(piece, here, encoding);
    const valueAt = here + size;
    if (isEnd(tag)) return { stop: { tag, vr, at: pieceAt + valueAt, length }, next: at };
    const kept = large.has(tag) || (tag >>> 16 <= LAST_GROUP_OF_SMALL && length <= SMALL_VALUE);
    if (length !== UNDEFINED && !kept) return { next: pieceAt + valueAt + length };
    const end = length === UNDEFINED ? endOfItems(piece, valueAt, encodingOfItems(vr, encoding)) : valueAt + length;
    if (end > piece.length) throw new NeedsMore(end);
    if (kept) dataSet.add(tag, { vr, bytes: Buffer.from(piece.subarray(valueAt, end)), encoding });
    return { next: pieceAt + end };
  };

  for (;;) {
    try {
      const { stop, next } = step();
      if (stop) return stop;
      at = next;
    } catch (error) {
      if (!(error instanceof NeedsMore)) throw error;
      const here = at - pieceAt;
      const wanted = error.wanted - here;
      if (wanted > LARGEST_VALUE) throw new NotDicom(`an element of its header has more than ${LARGEST_VALUE} bytes`);
      // At least twice as much as last time, so that a long sequence is read through a few times only.
      const length = Math.max(wanted, PIECE, 2 * (piece.length - here));
      piece = await source.read(at, length);
      pieceAt = at;
      if (piece.length >= wanted) continue;
      if (isPadding(piece) && (await source.available(at)) === at) return undefined;
      throw new NotDicom(`it ends inside its header, ${nameOf(piece, encoding)}`);
    }
  }
}

/** Some programs fill the last block of a file. */
const isPadding = (bytes: Buffer) => bytes.every((byte) => byte === 0);

function nameOf(piece: Buffer, encoding: Encoding): string {
  try {
    return `in the element ${tagName(headAt(piece, 0, encoding).tag)}`;
  } catch {
    return 'in the middle of an element';
  }
}
