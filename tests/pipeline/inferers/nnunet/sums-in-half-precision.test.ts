import { addHalf, addHalfWeights } from '../../../../gateway/imaging/ops/copy/half-sums';
import { ScorePlanes } from '../../../../gateway/pipeline/inferers/nnunet/score-planes';
import { gaussianWeights, windowStarts } from '../../../../gateway/pipeline/inferers/nnunet/windows';
import { decodeHalf, encodeHalf } from '../../../../gateway/half';

const rounded = (value: number): number => {
  const out = new Float32Array(1);
  decodeHalf(encodeHalf(Float32Array.of(value)), out);
  return out[0];
};

/** Sums after scores were added with weights, from the first element on. */
function added(sums: readonly number[], scores: readonly number[], weights: readonly number[]): number[] {
  const data = encodeHalf(Float32Array.from(sums));
  const part = (values: readonly number[]) => ({ data: Float32Array.from(values), at: 0, strides: [1] });
  addHalf([sums.length], { data, at: 0, strides: [1] }, part(scores), part(weights));
  return [...floats(data)];
}

function floats(halves: Uint16Array): Float32Array {
  const out = new Float32Array(halves.length);
  decodeHalf(halves, out);
  return out;
}

test('every half stays what it is, and halfway values go to the even one', () => {
  const halves = new Float32Array(0x7bff);
  decodeHalf(
    Uint16Array.from({ length: 0x7bff }, (_, bits) => bits),
    halves,
  );
  const middle = (at: number) => Math.fround((halves[at] + (halves[at + 1] ?? halves[at])) / 2);
  const near = [0, -(2 ** -23), 2 ** -23].map((by) => halves.map((_, at) => Math.fround(middle(at) * (1 + by))));
  for (const values of [halves, ...near])
    for (const sign of [1, -1]) {
      const given = [...values].map((value) => value * sign);
      const sums = added(given.map(() => 0), given, given.map(() => 1)); // prettier-ignore
      expect(sums.map((sum) => sum + 0)).toEqual(given.map((value) => rounded(value) + 0));
    }
});

test('a product and a sum are each rounded to float32, then the sum to half', () => {
  const [sums, scores, weights] = [[0, 1000.5, 6e-8, 5].map(Math.fround), [0.3, 0.1, 1e-5, -1].map(Math.fround), [3.5, 7.25, 1 / 1024, 5]];
  const expected = sums.map((sum, i) => rounded(Math.fround(sum + Math.fround(scores[i] * weights[i]))));
  expect(added(sums, scores, weights)).toEqual(expected);
}); // prettier-ignore

test('weights are added in half precision: 2049 is none', () => {
  const data = encodeHalf(Float32Array.of(2048));
  addHalfWeights([1], { data, at: 0, strides: [1] }, { data: Float32Array.of(1), at: 0, strides: [1] });
  expect(floats(data)[0]).toBe(2048);
});

// nnU-Net 2.8.1, compute_steps_for_sliding_window.
test.each([
  [100, 64, 0.5, [0, 18, 36]],
  [64, 64, 0.5, [0]],
  [65, 64, 0.5, [0, 1]],
  [8, 1, 1, [0, 1, 2, 3, 4, 5, 6, 7]],
  [267, 96, 0.5, [0, 43, 86, 128, 171]],
  [85, 64, 0.8, [0, 21]],
])('windows on %d voxels, %d long, moved by %d of it', (length, window, step, expected) => {
  expect(windowStarts(length, window, step)).toEqual(expected);
});

// nnU-Net 2.8.1, compute_gaussian((4, 6), value_scaling_factor=10) as float16.
test('weights of a window: 10 in the middle, not symmetric where its length is even', () => {
  const weights = gaussianWeights([4, 6]);
  expect(weights).toHaveLength(24);
  expect(weights[2 * 6 + 3]).toBe(10);
  // exp(-0.5 / 0.5²) and exp(-0.5 / 0.75²) of it, rounded to half.
  expect(weights[1 * 6 + 3]).toBe(rounded(10 * Math.exp(-2)));
  expect(weights[2 * 6 + 4]).toBe(rounded(10 * Math.exp(-0.5 / 0.5625)));
  expect(weights[2 * 6 + 0]).toBe(rounded(10 * Math.exp(-4.5 / 0.5625)));
  expect(weights[3 * 6 + 3]).toBe(weights[1 * 6 + 3]);
});

test('where a weight would be zero in half precision it is the least one', () => {
  const weights = gaussianWeights([48, 48, 48]);
  expect(Math.min(...weights)).toBe(2 ** -24);
});

const planes = (scores: ScorePlanes, limit: number, size: number) => {
  const rows = new Map<number, Float32Array>();
  const finished = [...scores.finish(limit, (z) => rows.set(z, new Float32Array(size)).get(z)!)];
  return finished.map((z) => [...rows.get(z)!]);
};

test('planes are finished once no window touches them; folds are averaged in half precision', () => {
  // Two folds of one head, windows of two planes of one voxel, each of weight 1.
  const scores = new ScorePlanes([3, 1, 1], [2, 1, 1], Float32Array.of(1, 1), 2, 1, 'm');
  scores.add([0, 0, 0], (fold) => [Float32Array.of(1, 2), Float32Array.of(3, 4)][fold]);
  expect(planes(scores, 1, 1)).toEqual([[2]]);
  scores.add([1, 0, 0], (fold) => [Float32Array.of(4, 5), Float32Array.of(6, 7)][fold]);
  expect(planes(scores, 3, 1)).toEqual([[(2 + 4) / 2 / 2 + (4 + 6) / 2 / 2], [6]]);
});

test('a window larger than the image counts where it lies in it', () => {
  const scores = new ScorePlanes([1, 1, 2], [1, 1, 4], Float32Array.of(1, 1, 1, 1), 1, 1, 'm');
  scores.add([0, 0, -1], () => Float32Array.of(1, 2, 3, 4));
  expect(planes(scores, 1, 2)).toEqual([[2, 3]]);
});

test('a sum beyond half precision is said', () => {
  const scores = new ScorePlanes([1, 1, 1], [1, 1, 1], Float32Array.of(10), 1, 1, 'm');
  scores.add([0, 0, 0], () => Float32Array.of(7000));
  expect(() => planes(scores, 1, 1)).toThrow(/"m".*is beyond half precision \(65504\)/);
});
