// What the gateway adds to the model: wall time of a request minus Triton's own time (queue and compute), its stages, and its peak memory.
//
//   npm run bench -- overhead
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { imageBody, putModel, segment } from './support/client.mjs';
import { makeCt } from './support/ct.mjs';
import { load, median, round } from './support/figures.mjs';
import { peakMemory, sharedMemory, withTriton } from './support/server.mjs';
import { twoClassConfig, twoClassModel } from './support/two-class-model.mjs';

const MODEL = 'two_class';
const ROUNDS = 5;

/** Seconds over the model's own, measured on two cores of this kind by the same chain. */
const peers = {
  20: { 'MONAI Label': 1.22, 'its leanest chain': 0.51, 'hand-made Python chain': 0.077 },
  200: { 'MONAI Label': 12.7, 'its leanest chain': 6.0, 'hand-made Python chain': 0.86 },
};

await withTriton(async (bench) => {
  for (const slices of [20, 200]) {
    const { path, source } = await makeCt(bench.folder, slices);
    const body = await imageBody(path);
    // A gateway of its own, so that its peak memory belongs to this image.
    const gateway = await bench.startGateway();
    await putModel(gateway.url, MODEL, twoClassConfig, twoClassModel());
    const runs = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const before = await bench.modelMs(MODEL);
      const run = await segment(gateway.url, MODEL, body);
      runs.push({ ...run, modelMs: (await bench.modelMs(MODEL)) - before });
    }
    report(slices, source, runs, gateway.pid);
    await gateway.stop();
  }
});
process.exit();

function report(slices, source, [warmUp, ...runs], pid) {
  const wall = median(runs.map(({ ms }) => ms));
  const model = median(runs.map(({ modelMs }) => modelMs));
  const overhead = runs.map(({ ms, modelMs }) => ms - modelMs);
  console.log(`\n512 x 512 x ${slices}, from ${source}; median of ${ROUNDS} after a warm-up; ${load()}`);
  console.table([
    {
      'first wall ms': round(warmUp.ms),
      'wall ms': round(wall),
      'model ms': round(model),
      'overhead ms': round(median(overhead)),
      least: round(Math.min(...overhead)),
      most: round(Math.max(...overhead)),
      'peak RSS MB': round(peakMemory(pid) ?? NaN),
      '/dev/shm MB': round(sharedMemory(pid) ?? NaN),
    },
  ]);
  const stages = [...runs[0].stages.keys()];
  console.table(
    Object.fromEntries(stages.map((name) => [name, round(median(runs.map((run) => run.stages.get(name) ?? 0)))])),
  );
  for (const [name, seconds] of Object.entries(peers[slices]))
    console.log(`  ${name}: ${seconds} s, ${round((seconds * 1000) / median(overhead))} times ours`);
  const voxels = gunzipSync(runs[0].mask).subarray(352);
  const found = voxels.reduce((sum, voxel) => sum + voxel, 0);
  const digest = createHash('sha256').update(voxels).digest('hex').slice(0, 16);
  console.log(`  mask: ${found} of ${voxels.length} voxels, sha256 of the voxels ${digest}…`);
}
