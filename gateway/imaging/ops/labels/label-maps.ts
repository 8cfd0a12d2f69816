import { addressOf, allocateUnset } from '../../../arena';
import { inPieces, type Piece } from '../../simd/in-pieces';
import { simdCode, typeNumber, type ArrayType } from '../../simd/simd-code';
import type { NumericArray } from '../../volume';
import { partsOf } from '../copy/blocks';
import { perType } from '../copy/per-type';
import { operatorNumber } from '../intensity/combine';

/** Numbers that are copied at a time, where arrays lie elsewhere: they stay in the first cache. */
const MOST_COPIED = 8192;

/**
 * Number of the channel with the largest value, for a block of `channels` equal parts (channel slowest in memory); ties go to the lowest.
 * The reference makes float32; up to 256 channels a byte holds the labels as exactly, beyond that uint16.
 */
export function argmax(data: NumericArray, channels: number, out?: Uint8Array | Uint16Array): Uint8Array | Uint16Array {
  const size = data.length / channels;
  const labels = out ?? (channels <= 256 ? allocateUnset(Uint8Array, size) : allocateUnset(Uint16Array, size));
  const [from, to] = [addressOf(data), addressOf(labels)];
  const most = from !== undefined && to !== undefined ? size : Math.max(16, Math.floor(MOST_COPIED / channels));
  const { code, blocks } = simdCode({
    values: [data.constructor as ArrayType<NumericArray>, from === undefined ? most * channels : 0],
    labels: [labels.constructor as ArrayType<NumericArray>, to === undefined ? most : 0],
  });
  const [bytes, labelBytes] = [data.BYTES_PER_ELEMENT, labels.BYTES_PER_ELEMENT];
  for (let at = 0; at < size; at += most) {
    const n = Math.min(most, size - at);
    if (from === undefined)
      for (let c = 0; c < channels; c++)
        blocks.values.array.set(data.subarray(c * size + at, c * size + at + n), c * most);
    const [values, step] = from === undefined ? [blocks.values.at, most] : [from + at * bytes, size];
    const result = to === undefined ? blocks.labels.at : to + at * labelBytes;
    code.argmax(typeNumber(data), values, step * bytes, channels, result, labelBytes - 1, n);
    if (to === undefined) labels.set(blocks.labels.array.subarray(0, n), at);
  }
  return labels;
}

/** One channel of 0 and 1 per class, one after the other: channel v is 1 where the label is v. Labels beyond the classes are in none. */
export function oneHot(
  labels: NumericArray,
  classes: number,
  out: Uint8Array = allocateUnset(Uint8Array, labels.length * classes),
): Uint8Array {
  inPieces([labels], partsOf(out, classes), ({ code, n, outputs, real }) => {
    const voxels = real(0);
    for (const [label, to] of outputs.entries()) code.compareTo(operatorNumber('=='), ...voxels, label, to, n);
  });
  return out;
}

const LABELS = 256;

/** One channel per group of labels (0 to 255), one after the other: 1 where the voxel has one of its labels, else 0. Groups may overlap. */
export function labelGroups(
  labels: NumericArray,
  groups: readonly (readonly number[])[],
  out: Uint8Array = allocateUnset(Uint8Array, labels.length * groups.length),
): Uint8Array {
  const members = groups.map((group) =>
    Uint8Array.from({ length: LABELS }, (_, label) => Number(group.includes(label))),
  );
  const mark = ({ code, n, inputs, outputs, kept: { table } }: Piece) => {
    for (const [at, to] of outputs.entries()) {
      table.array.set(members[at]);
      code.lookUp(typeNumber(labels), inputs[0], table.at, to, n);
    }
  };
  inPieces([labels], partsOf(out, groups.length), mark, { table: [Uint8Array, LABELS] });
  return out;
}

/** Labels below this are looked up in a table. */
const TABLE = 65536;

/** Puts into `out` the new value (`pairs`) of each label of `data` that has one; other elements of `out` stay. */
export function mapLabels(data: NumericArray, pairs: ReadonlyMap<number, number>, out: NumericArray): void {
  const known = new Uint8Array(TABLE);
  const target = new Float64Array(TABLE);
  const others = new Map<number, number>();
  for (const [from, to] of pairs) {
    if (Number.isInteger(from) && from >= 0 && from < TABLE) [known[from], target[from]] = [1, to];
    else others.set(from, to);
  }
  put(data, out)(data, out, known, target, others);
}

const put = perType(
  (data: NumericArray, out: NumericArray, known: Uint8Array, target: Float64Array, others: Map<number, number>) => {
    for (let i = 0; i < data.length; i++) {
      const value = data[i];
      if (known[value] === 1) out[i] = target[value];
      else if (others.size > 0) {
        const to = others.get(value);
        if (to !== undefined) out[i] = to;
      }
    }
  },
);

/** The label from 0 to below `classes` that most arrays have at each voxel, of equally many the lowest. @throws Error for other values */
export function majority(arrays: readonly NumericArray[], classes: number): Float32Array {
  const { length } = arrays[0];
  const out: Float32Array = allocateUnset(Float32Array, length).fill(0);
  const most = new Uint16Array(length);
  const votes = new Uint16Array(length);
  for (let label = 0; label < classes; label++) {
    votes.fill(0);
    for (const data of arrays) addVotes(data)(data, label, votes);
    for (let i = 0; i < length; i++) {
      if (votes[i] <= most[i]) continue;
      most[i] = votes[i];
      out[i] = label;
    }
  }
  for (const data of arrays) {
    const wrong = data.find((value) => !(value >= 0 && value < classes && Number.isInteger(value)));
    if (wrong === undefined) continue;
    throw new Error(`a voxel is ${wrong}; votes are for one of the ${classes} labels from 0 to ${classes - 1}`);
  }
  return out;
}

const addVotes = perType((data: NumericArray, label: number, votes: Uint16Array) => {
  for (let i = 0; i < data.length; i++) if (data[i] === label) votes[i]++;
});
