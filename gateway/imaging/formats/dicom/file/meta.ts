import type { ByteSource } from './byte-source';
import { DataSet } from './data-set';
import { headAt, NeedsMore, NoElements, NotDicom } from './encoding';
import { beginsWithElements, encodingHere, firstElement } from './find-data-set';

const FIRST_READ = 1024;
const LARGEST = 1 << 20;
const META_GROUP = 0x0002;

/**
 * The file meta information, and where the data set begins behind it. Without one it is empty.
 *
 * @throws NotDicom, also when the file ends in it
 * @see DICOM PS3.10 §7.1
 */
export async function readMeta(source: ByteSource): Promise<{ meta: DataSet; at: number }> {
  for (let length = FIRST_READ; ; length *= 8) {
    const bytes = await source.read(0, length);
    try {
      return metaIn(bytes);
    } catch (error) {
      if (!(error instanceof NeedsMore)) throw error;
      if (bytes.length < length || length > LARGEST) throw new NotDicom('it ends inside its file meta information');
    }
  }
}

function metaIn(bytes: Buffer): { meta: DataSet; at: number } {
  let at = firstElement(bytes);
  if (at === 0 && !beginsWithElements(bytes)) throw new NoElements('there is no "DICM" at byte 128');
  const meta = new DataSet();
  // Little endian always, and explicit but for a few programs.
  const encoding = { ...encodingHere(bytes.subarray(at)), bigEndian: false };
  for (;;) {
    if (bytes.length - at < 8) throw new NeedsMore(at + 8);
    if (bytes.readUInt16LE(at) !== META_GROUP) return { meta, at };
    const { tag, vr, length, size } = headAt(bytes, at, encoding);
    const valueAt = at + size;
    at = valueAt + length;
    if (at > bytes.length) throw new NeedsMore(at);
    meta.add(tag, { vr, bytes: Buffer.from(bytes.subarray(valueAt, at)), encoding });
  }
}
