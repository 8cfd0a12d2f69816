import { ImageError } from '../../../gateway/imaging/image-error';
import { decodeImage } from '../../../gateway/imaging/formats/decode';
import { VoxelLimitError } from '../../../gateway/imaging/voxel-limit';
import goldens from '../../golden/text_headers.json';
import { randomOf } from '../../random';
import { temporaryFile } from './temporary-file';

/** Mutated files; more of them from the environment. */
const FILES = Number(process.env.MUTATED_FILES ?? 400);
const SEED = Number(process.env.MUTATION_SEED ?? 1);

function mutated(file: Buffer, random: () => number): Buffer {
  const below = (n: number) => Math.floor(random() * n);
  const at = below(file.length);
  const copy = Buffer.from(file);
  switch (below(5)) {
    case 0:
      return copy.subarray(0, at);
    case 1:
      copy[at] ^= 1 << below(8);
      return copy;
    case 2:
      return Buffer.concat([copy.subarray(0, at), copy.subarray(Math.min(file.length, at + 1 + below(20)))]);
    case 3:
      return Buffer.concat([copy.subarray(0, at), Buffer.from(['9999999', '\n', '-', ' 0 ', 'nan', '\0', ':='][below(7)]), copy.subarray(at)]);
    default: {
      const header = copy.toString('latin1').split('\n');
      const [i, j] = [below(Math.min(header.length, 14)), below(Math.min(header.length, 14))];
      [header[i], header[j]] = [header[j], header[i]];
      return Buffer.from(header.join('\n'), 'latin1');
    }
  }
} // prettier-ignore

test(`${FILES} mutated files give an image made of their own bytes, or a sentence`, async () => {
  const random = randomOf(SEED);
  let read = 0;
  for (let i = 0; i < FILES; i++) {
    const golden = goldens[Math.floor(random() * goldens.length)];
    const file = mutated(Buffer.from(golden.file, 'base64'), random);
    const outcome = await decodeImage(temporaryFile('upload', file), golden.name).catch((error: unknown) => error);
    if (outcome instanceof ImageError || outcome instanceof VoxelLimitError) continue;
    if (outcome instanceof Error) throw new Error(`mutation ${i} of seed ${SEED} (${golden.name})`, { cause: outcome });
    const { volume } = outcome as Awaited<ReturnType<typeof decodeImage>>;
    read++;
    // Nothing that the file cannot hold: deflate makes 1032 bytes of one at most.
    expect(volume.data.byteLength).toBeLessThanOrEqual(file.length * 1032);
    expect(volume.affine!.every(Number.isFinite)).toBe(true);
    expect(volume.shape.every((length) => Number.isInteger(length) && length > 0)).toBe(true);
  }
  expect(read).toBeGreaterThan(FILES / 10);
}); // prettier-ignore
