import { readFileSync, rmSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { median, round } from '../support/figures.mjs';
import { releaseAfter, smallInputs, types } from './inputs.mjs';

const ROUNDS = 5;
const WARM_UPS = 3;
const QUICK_MS = 50;
const CORES = cpus().length;
/** Largest difference from the reference, in parts of its largest magnitude. */
const TOLERANCE = 1e-5;

/**
 * Times a kernel and its reference in turn, after a warm-up of each; the last result is thrown away before the next is made, as between jobs.
 *
 * @param one a case: `make(inputs)` gives what is timed, `reference` names the function of the reference program, `reads` the inputs that are
 * read, `threads` says that the reference can use several, `compared` makes numbers of a result that is none itself
 * @returns a row of the table
 */
export async function measure(one, inputs, references, folder) {
  // A server that has run for a while has seen every type of voxel, and its compiled loops with it.
  for (let n = 0; n < WARM_UPS; n++) for (const type of types) one.make(smallInputs(type))();
  const last = { run: one.make(inputs), result: undefined };
  // Quick ones are compiled in the course of some calls.
  for (let n = 0; n < WARM_UPS; n++) if ((await timeOnce(last)).ms > QUICK_MS) break;
  const [ours, single, several] = [[], [], []];
  for (let n = 0; n <= (one.rounds ?? ROUNDS); n++) {
    const times = await timeOnce(last);
    const alone = await references.ask({ reference: one.reference, threads: 1 });
    const together = one.threads ? await references.ask({ reference: one.reference, threads: CORES }) : alone;
    if (n === 0) continue;
    ours.push(times);
    single.push(alone);
    several.push(together);
  }
  const difference = await compare(one.compared?.(last.result, inputs) ?? last.result, references, folder);
  const of = (list, key = 'ms') => median(list.map((times) => times[key]));
  const bytes = one.reads.reduce((sum, name) => sum + (inputs[name].data ?? inputs[name]).byteLength, 0);
  return {
    kernel: one.kernel,
    case: one.name,
    reference: one.by,
    'ours ms': round(of(ours)),
    'reference ms': round(of(single)),
    ratio: round(of(single) / of(ours)),
    'of processor time': round(of(single, 'processorMs') / of(ours, 'processorMs')),
    [`ratio, ${CORES} threads`]: one.threads ? round(of(several) / of(ours)) : '',
    aim: one.aim ?? 1,
    'GB/s': round((bytes + (last.result.byteLength ?? 0)) / of(ours) / 1e6),
    'largest difference': difference,
    same: difference <= (one.tolerance ?? TOLERANCE) ? 'yes' : 'NO',
  };
}

/** The memory of the last result and of what was made for it is used again by the next one, as from job to job. */
async function timeOnce(last) {
  const timed = await releaseAfter(
    last.result,
    () => [],
    () => {
      const [begin, busy] = [performance.now(), process.cpuUsage()];
      const result = last.run();
      const { user, system } = process.cpuUsage(busy);
      return { result, ms: performance.now() - begin, processorMs: (user + system) / 1000 };
    },
  );
  last.result = timed.result;
  return timed;
}

const arrays = {
  uint8: Uint8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  float32: Float32Array,
  float64: Float64Array,
};

/** Largest difference from what the reference made last, in parts of its largest magnitude; Infinity when there are not as many numbers. */
async function compare(result, references, folder) {
  const path = join(folder, 'reference.raw');
  const { dtype, length } = await references.ask({ save: path });
  const bytes = readFileSync(path);
  rmSync(path);
  const type = arrays[dtype];
  if (!type) throw new Error(`the reference made ${dtype}`);
  if (result.length !== length) return Infinity;
  const expected = new type(bytes.buffer, bytes.byteOffset, length);
  let [most, largest] = [0, 0];
  for (let i = 0; i < length; i++) {
    const value = Number(expected[i]);
    const difference = Math.abs(result[i] - value);
    if (!(difference <= most)) most = difference;
    if (Math.abs(value) > largest) largest = Math.abs(value);
  }
  return largest > 0 ? Number((most / largest).toPrecision(2)) : most;
}
