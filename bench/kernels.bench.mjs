// Each voxel kernel against the reference library that does the same, on the same array of 512 × 512 × 200 voxels, in turn.
//
//   npm run bench -- kernels            (node bench/kernels.bench.mjs WORD … for the kernels whose name or case has the word)
//
// Use the ratios; times depend on the machine.
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { cases as channels } from './kernels/channels.mjs';
import { makeInputs } from './kernels/inputs.mjs';
import { cases as intensities } from './kernels/intensities.mjs';
import { cases as labels } from './kernels/labels.mjs';
import { cases as layout } from './kernels/layout.mjs';
import { measure } from './kernels/measure.mjs';
import { References } from './kernels/python.mjs';
import { cases as resampling } from './kernels/resampling.mjs';
import { cases as windows } from './kernels/windows.mjs';
import { load } from './support/figures.mjs';

/** Kernels without a row of their own. */
const without = {
  'axis-maps': 'index tables, one entry per index of an axis',
  'spline-axis': 'index tables and weights of an axis',
  'spline-passes': 'the passes of resize-spline',
  'resample-spline': 'called by resize-spline',
  'torch-linear': 'loops of JavaScript, for plans of rare planners',
  'resample-to-shape': 'calls resize-spline, or linear-planes once for each label',
  layout: 'looks at strides only',
  'point-crop': 'calls resample-linear on a box',
  'per-type': 'makes loops',
  runs: 'part of components and fill-holes',
};

const all = [...layout, ...resampling, ...intensities, ...channels, ...labels, ...windows];
const words = process.argv.slice(2);
const wanted = all.filter((one) => words.every((word) => `${one.kernel} ${one.name} ${one.reference}`.includes(word)));
const folder = mkdtempSync(join(tmpdir(), 'aiaa-bench-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

const { inputs, source } = await makeInputs(folder);
const references = new References(folder);
console.log(`512 x 512 x 200 voxels from ${source}; ${cpus().length} cores; ${load()}`);
const rows = [];
for (const one of wanted) {
  const row = await measure(one, inputs, references, folder);
  rows.push(row);
  console.log(Object.values(row).join(' | '));
}
references.close();
console.table(rows);
console.log(load());
for (const [name, why] of Object.entries(without)) console.log(`not measured: ${name} (${why})`);
if (rows.some((row) => row.same !== 'yes')) throw new Error('some results differ from those of the reference');
