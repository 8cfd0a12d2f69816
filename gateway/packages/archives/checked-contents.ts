import { Transform } from 'node:stream';
import { crc32 } from 'node:zlib';
import { DamagedArchive } from './limits';

/**
 * Passes the contents of an entry on and compares them with its header: a byte more than promised ends the stream at once, so that
 * a header cannot talk its way past the limits.
 * @param crc CRC-32 of the contents, where the archive has one
 */
export function checkedContents(name: string, bytes: number, crc?: number): Transform {
  let seen = 0;
  let sum = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      if (seen > bytes)
        return done(new DamagedArchive(`"${name}" unpacks to more than the ${bytes} bytes it announces`));
      if (crc !== undefined) sum = crc32(chunk, sum);
      done(null, chunk);
    },
    flush(done) {
      if (seen < bytes)
        return done(new DamagedArchive(`"${name}" has ${seen} bytes and announces ${bytes}; it is cut off`));
      if (crc !== undefined && sum !== crc)
        return done(new DamagedArchive(`"${name}" is damaged (its checksum is wrong)`));
      done();
    },
  });
}
