import { decodeAsFloat32, decodeImage, recogniseImage } from '../../../../gateway/imaging/formats/decode';
import { ZstdWindows } from '../../../../gateway/imaging/formats/zstd';
import golden from '../../../golden/imaging_zstd.json';
import { temporaryFile } from '../temporary-file';

const shape = [61, 67, 43];
const file = (bytes: Uint8Array) => temporaryFile('image.nii.zst', bytes);
const bytesOf = (way: keyof typeof golden) => Buffer.from(golden[way], 'base64');

describe.each(Object.keys(golden) as (keyof typeof golden)[])('%s', (way) => {
  test('is read as nibabel wrote it', async () => {
    const { volume, format } = await decodeImage(file(bytesOf(way)), 'image.nii.zst');
    expect([format, volume.shape]).toEqual(['nifti', shape]);
    expect(volume.data.every((value, at) => value === (at * 37) % 101)).toBe(true);
    const { volume: real } = await decodeAsFloat32(file(bytesOf(way)), 'renamed.nii.gz');
    expect(real.data.every((value, at) => value === (at * 37) % 101)).toBe(true);
  });

  test('cut short it is truncated', async () => {
    const whole = bytesOf(way);
    for (const part of [0.02, 0.5, 0.9]) {
      const cut = file(whole.subarray(0, 20 + Math.floor((whole.length - 20) * part)));
      await expect(decodeImage(cut, 'image.nii.zst')).rejects.toMatchObject({
        kind: 'unreadable',
        message: expect.stringMatching(/"image.nii.zst" is truncated/),
      });
    }
  });
});

test('what it is can be told from its start', async () => {
  expect(await recogniseImage(file(bytesOf('level 3')), 'x')).toEqual({ format: 'nifti', gzip: false });
});

test('damage never goes unanswered, and what is no NIfTI inside is none', async () => {
  const whole = bytesOf('level 3');
  for (let at = 4; at < whole.length; at += 7) {
    const changed = Buffer.from(whole);
    changed[at] ^= 0x55;
    const outcome = await decodeImage(file(changed), 'image.nii.zst').catch((error: Error) => error.name);
    expect(typeof outcome === 'object' || outcome === 'ImageError').toBe(true);
  }
  // A frame with one raw block: "no image here".
  const text = Buffer.from('no image here, but long enough');
  const frame = Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, text.length, 1 + (text.length << 3), 0, 0]), text]); // prettier-ignore
  await expect(decodeImage(file(frame), 'a.nii.zst')).rejects.toThrow('is zstd, but its content is no image');
});

describe('a window that would take gigabytes is refused', () => {
  const large = 20 << 3; // 2^30 bytes
  const message = 'a window of 1073741824 bytes';

  test('in the first frame', async () => {
    const changed = bytesOf('length not told');
    changed[5] = large;
    await expect(decodeImage(file(changed), 'image.nii.zst')).rejects.toThrow(message);
  });

  test.each(['several frames', 'a skippable frame in between', 'level 19 with a checksum'] as const)(
    'in a later frame: %s',
    async (way) => {
      const last = bytesOf('length not told');
      last[5] = large;
      const joined = file(Buffer.concat([bytesOf(way), last]));
      await expect(decodeImage(joined, 'image.nii.zst')).rejects.toThrow(message);
    },
  );

  test('whatever the pieces the stream comes in', () => {
    const last = bytesOf('length not told');
    last[5] = large;
    const stream = Buffer.concat([bytesOf('several frames'), bytesOf('level 19 with a checksum'), last]);
    for (const size of [1, 2, 3, 7, 100, 5000]) {
      const windows = new ZstdWindows();
      const seen = [];
      for (let at = 0; at < stream.length; at += size) seen.push(windows.largestIn(stream.subarray(at, at + size)));
      expect(Math.max(...seen)).toBe(2 ** 30);
    }
  });
});
