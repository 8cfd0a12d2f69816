import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Channel } from '../../gateway/triton/channel';
import { RegionPool } from '../../gateway/triton/shared-memory/region-pool';
import { startFakeTriton } from './fake-triton';

test('what a job left in shared memory is overwritten when it has ended', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'cleared-'));
  const { url, stop } = await startFakeTriton({ SystemSharedMemoryRegister: () => ({}), SystemSharedMemoryUnregister: () => ({}) }); // prettier-ignore
  const channel = new Channel({ url });
  const pool = new RegionPool(channel, { directory, maxBytes: 1 << 24 });
  const content = () => readdirSync(directory).map((name) => readFileSync(path.join(directory, name)));
  const isZero = () => content().every((bytes) => bytes.every((byte) => byte === 0));
  try {
    for (const bytes of [5_000_001, 3]) {
      const region = await pool.acquire(bytes);
      // The last byte is one that Triton writes.
      await region.write(bytes - 1, Uint8Array.of(7));
      pool.release(region);
      expect([content().length, isZero()]).toEqual([1, false]);
      await pool.clear();
      expect([content().length, isZero()]).toEqual([1, true]);
    }
    await pool.dropIdle();
    expect([content().length, pool.bytes]).toEqual([0, 0]);
  } finally {
    await pool.close();
    channel.close();
    stop();
    rmSync(directory, { recursive: true });
  }
});
