// Reads DICOM series with a build of the gateway (its dist folder is the argument): answers {"read": FOLDER} as reference.py does.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const load = createRequire(import.meta.url);
const formats = join(resolve(process.argv[2]), 'imaging', 'formats');
const frames = join(formats, 'dicom', 'frames');
const { decodeImage } = load(join(formats, 'decode.js'));
// Builds before 0.1.0's last changes read a series in one thread.
if (existsSync(frames)) {
  const { connectDecoders } = load(join(frames, 'pool', 'decode-pool.js'));
  load(join(frames, 'decode-into.js')).useDecoders(connectDecoders());
}

for await (const line of createInterface({ input: process.stdin })) {
  const [begun, busy] = [performance.now(), process.cpuUsage()];
  const { volume, slope, intercept } = await decodeImage(JSON.parse(line).read, 'series');
  const { user, system } = process.cpuUsage(busy);
  const took = { ms: performance.now() - begun, cpu_ms: (user + system) / 1000 };
  let sum = 0;
  for (const value of volume.data) sum += value;
  console.log(JSON.stringify({ ...took, sum: sum * slope + intercept * volume.data.length, shape: volume.shape }));
}
process.exit(0);
