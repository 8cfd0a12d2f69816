// Memory and time of scanning windows with several classes over 512 x 512 x 200: slab by slab, and summed as a whole (--fusion off).
//
//   npm run bench -- windows
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { imageBody, putModel, segment } from './support/client.mjs';
import { makeCt } from './support/ct.mjs';
import { load, median, round } from './support/figures.mjs';
import { CLASSES, manyClassConfig, manyClassModel, ROI } from './support/many-class-model.mjs';
import { peakMemory, sharedMemory, withTriton } from './support/server.mjs';

const MODEL = 'many_class';
const ROUNDS = 3;

await withTriton(async (bench) => {
  const { path, source } = await makeCt(bench.folder, 200);
  const body = await imageBody(path);
  const rows = {};
  const masks = new Set();
  for (const fusion of ['on', 'off']) {
    const gateway = await bench.startGateway({ fusion });
    await putModel(gateway.url, MODEL, manyClassConfig, manyClassModel());
    const runs = [];
    for (let round = 0; round < ROUNDS; round++) {
      const before = await bench.modelMs(MODEL);
      const run = await segment(gateway.url, MODEL, body);
      runs.push({ ...run, modelMs: (await bench.modelMs(MODEL)) - before });
      masks.add(createHash('sha256').update(gunzipSync(run.mask).subarray(352)).digest('hex'));
    }
    rows[`fusion ${fusion}`] = {
      'wall s': round(median(runs.map(({ ms }) => ms)) / 1000),
      'overhead s': round(median(runs.map(({ ms, modelMs }) => ms - modelMs)) / 1000),
      'peak RSS MB': round(peakMemory(gateway.pid) ?? NaN),
      '/dev/shm MB': round(sharedMemory(gateway.pid) ?? NaN),
      ...Object.fromEntries([...runs.at(-1).stages].map(([name, ms]) => [`${name} ms`, round(ms)])),
    };
    await gateway.stop();
  }
  console.log(
    `\n512 x 512 x 200, from ${source}; ${CLASSES} classes, windows of ${ROI.join(' x ')}; median of ${ROUNDS}; ${load()}`,
  );
  console.table(rows);
  console.log(masks.size === 1 ? '  all masks are the same, bit by bit' : '  MASKS DIFFER');
});
process.exit();
