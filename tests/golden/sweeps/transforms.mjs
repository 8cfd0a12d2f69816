// node tests/golden/sweeps/transforms.mjs FILE...: runs the cases of transforms_added.py --random through the built gateway (npm run build) and
// prints, by transform, how many give MONAI's numbers. Exit code 1 when one differs.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const dist = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'dist');
const load = (path) => createRequire(import.meta.url)(join(dist, path));
const { findTransform } = load('transforms/registry.js');
const { Sample } = load('transforms/sample.js');
const arrays = { uint8: Uint8Array, int16: Int16Array, float32: Float32Array };

function volumeOf({ shape, type, values }, spacing) {
  const strides = shape.map((_, d) => shape.slice(d + 1).reduce((a, b) => a * b, 1));
  const affine = [0, 1, 2, 3].flatMap((row) => [0, 1, 2, 3].map((column) => (row === column ? (spacing[row] ?? 1) : 0)));
  return { data: arrays[type].from(values), shape, strides, axes: 'CXYZ'.slice(0, shape.length), affine, properties: {} };
} // prettier-ignore

const numberOf = (value) => ({ inf: Infinity, '-inf': -Infinity })[value] ?? value ?? NaN;

/** The numbers in C order. */
function listed({ data, shape, strides }) {
  const out = [];
  const visit = (d, at) => {
    if (d === shape.length) out.push(data[at]);
    else for (let i = 0; i < shape[d]; i++) visit(d + 1, at + i * strides[d]);
  };
  visit(0, 0);
  return out;
}

async function differenceOf({ name, args, fields, spacing, out }, monai) {
  const definition = findTransform(name);
  const { data, error } = definition.args.safeParse({ keys: 'image', ...args });
  if (error) return `refused: ${error.issues[0].message}`;
  const sample = new Sample(new Map(), {});
  for (const [key, field] of Object.entries(fields)) sample.volumes.set(key, volumeOf(field, spacing));
  try {
    await definition.apply(sample, data, { resampling: 'half-pixel', monai });
  } catch (thrown) {
    return `refused: ${thrown.message}`;
  }
  const volume = sample.volume(args.output_key ?? 'image');
  if (volume.shape.join() !== out.shape.join()) return `shape ${volume.shape}, MONAI has ${out.shape}`;
  const tolerance = Math.max(1e-5, 2e-6 * Math.max(...out.values.map((value) => Math.abs(value) || 0)));
  const mine = listed(volume);
  const wrong = mine.findIndex((value, i) => {
    const wanted = numberOf(out.values[i]);
    if (Object.is(value, wanted)) return false;
    return !(Math.abs(value - wanted) <= tolerance);
  });
  return wrong < 0 ? undefined : `value ${wrong} is ${mine[wrong]}, MONAI has ${out.values[wrong]}`;
}

let failed = false;
for (const file of process.argv.slice(2)) {
  const { monai, cases } = JSON.parse(readFileSync(file, 'utf8'));
  const counts = new Map();
  for (const one of cases) {
    const difference = await differenceOf(one, monai.startsWith('0.') ? 0 : 1);
    const row = counts.get(one.name) ?? { right: 0, refused: 0, wrong: [] };
    counts.set(one.name, row);
    if (difference === undefined) row.right++;
    else if (difference.startsWith('refused')) row.refused++;
    else row.wrong.push(`${difference}: ${JSON.stringify(one.args)} on ${one.fields.image.type}`);
    if (difference?.startsWith('refused') && process.env.SHOW_REFUSED)
      console.log(one.name, JSON.stringify(one.args), difference);
  }
  console.log(`MONAI ${monai}, ${cases.length} cases`);
  for (const [name, { right, refused, wrong }] of [...counts].sort()) {
    console.log(`  ${name}: ${right} right, ${refused} refused, ${wrong.length} wrong`);
    for (const line of wrong.slice(0, 3)) console.log(`    ${line}`);
    failed ||= wrong.length > 0;
  }
}
process.exitCode = failed ? 1 : 0;
