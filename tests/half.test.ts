import { decodeHalf, encodeHalf } from '../gateway/half';

const encode = (...values: number[]) => [...encodeHalf(Float32Array.from(values))];
const decode = (...halves: number[]) => {
  const out = new Float32Array(halves.length);
  decodeHalf(Uint16Array.from(halves), out);
  return [...out];
};

test.each([
  ['zero', 0, 0x0000],
  ['negative zero', -0, 0x8000],
  ['one', 1, 0x3c00],
  ['minus two', -2, 0xc000],
  ['largest', 65504, 0x7bff],
  ['just below the tie with infinity', 65519.996, 0x7bff],
  ['tie with infinity', 65520, 0x7c00],
  ['far too large', -1e30, 0xfc00],
  ['infinity', Infinity, 0x7c00],
  ['not a number', NaN, 0x7e00],
  ['tie, even below', 1 + 1 / 2048, 0x3c00],
  ['tie, even above', 1 + 3 / 2048, 0x3c02],
  ['above a tie', 1 + 1.001 / 2048, 0x3c01],
  ['rounding up into the next exponent', 2047.75 / 1024, 0x4000],
  ['smallest normal', 2 ** -14, 0x0400],
  ['largest subnormal', 1023 * 2 ** -24, 0x03ff],
  ['smallest subnormal', 2 ** -24, 0x0001],
  ['tie with zero', 2 ** -25, 0x0000],
  ['above the tie with zero', 2 ** -25 * 1.001, 0x0001],
  ['subnormal tie, even above', 3 * 2 ** -25, 0x0002],
  ['tiny', 1e-30, 0x0000],
])('%s: %d becomes the bits %d', (_, value, half) => {
  expect(encode(value)).toEqual([half]);
});

test('every half survives the way to float32 and back', () => {
  const halves = Uint16Array.from({ length: 0x10000 }, (_, i) => i);
  const floats = new Float32Array(halves.length);
  decodeHalf(halves, floats);
  const isNaNBits = (half: number) => (half & 0x7fff) > 0x7c00;
  const changed = encodeHalf(floats).filter((half, i) => half !== halves[i] && !isNaNBits(i));
  expect([...changed]).toEqual([]);
  expect(floats.filter((value, i) => Number.isNaN(value) !== isNaNBits(i))).toHaveLength(0);
});

test('halves decode to their values', () => {
  expect(decode(0x3555, 0x0001, 0x7bff, 0xfc00)).toEqual([Math.fround(1365 / 4096), 2 ** -24, 65504, -Infinity]);
});

test('the nearest half is taken, between any two neighbours', () => {
  const floats = new Float32Array(0x7c00);
  decodeHalf(
    Uint16Array.from({ length: 0x7c00 }, (_, i) => i),
    floats,
  );
  for (let half = 0; half + 1 < 0x7c00; half += 97) {
    const [low, high] = [floats[half], floats[half + 1]];
    const [nearLow, nearHigh] = [low + (high - low) * 0.49, low + (high - low) * 0.51];
    expect(encode(low, nearLow, nearHigh, high)).toEqual([half, half, half + 1, half + 1]);
  }
});
