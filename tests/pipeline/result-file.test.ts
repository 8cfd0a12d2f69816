import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addressOf, allocateUnset } from '../../gateway/arena';
import { keepResult } from '../../gateway/pipeline/result-file';
import { temporaryFolder } from '../imaging/formats/temporary-file';

test('a small result that lies in memory which its thread uses again is sent as a copy of its own', async () => {
  const large = allocateUnset(Uint8Array, 1 << 20).fill(1);
  const about = { directory: temporaryFolder(), name: 'result.nii', contentType: 'application/octet-stream' };
  const { content } = await keepResult(large.subarray(100, 200), about);
  large.fill(2);
  expect(addressOf(content as Uint8Array)).toBeUndefined();
  expect((content as Uint8Array).buffer.byteLength).toBe(100);
  expect((content as Uint8Array).every((byte) => byte === 1)).toBe(true);
});

test('a large result lies in a folder that is made for it', async () => {
  const directory = join(temporaryFolder(), 'of-the-request');
  const { content } = await keepResult(new Uint8Array((1 << 20) + 1).fill(7), {
    directory,
    name: 'a.nii',
    contentType: '',
  });
  expect(readFileSync((content as { path: string }).path).equals(Buffer.alloc((1 << 20) + 1, 7))).toBe(true);
});
