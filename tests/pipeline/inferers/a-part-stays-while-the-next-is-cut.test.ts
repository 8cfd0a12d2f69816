import { cutInParts, type BoundInput } from '../../../gateway/pipeline/inferers/tensors';
import { lastAxisFastest } from '../../../gateway/imaging/volume';

test('a part of a tensor is as it was until the one after the next is asked for: it is written meanwhile', () => {
  const lengths = [48, 300, 300];
  const shape = [1, ...lengths];
  const data = Float32Array.from({ length: 48 * 300 * 300 }, (_, i) => i);
  const image = { data, shape, strides: lastAxisFastest(shape), axes: 'CXYZ' as const, properties: {} };
  const layout = { batched: true, maxBatch: 1, channel: 'first', keptAxes: [0, 1, 2] };
  const input = { tensor: 'INPUT', datatype: 'FP32', image, layout, window: lengths } as unknown as BoundInput;
  const ends: number[] = [];
  let before: { part: Float32Array; first: number } | undefined;
  for (const part of cutInParts(input, { mode: 'constant' }) as Iterable<Float32Array>) {
    if (before) expect([before.part[0], before.part.at(-1)]).toEqual([before.first, part[0] - 1]);
    before = { part, first: part[0] };
    ends.push(part.at(-1)!);
  }
  expect([ends.length > 2, ends.at(-1)]).toEqual([true, data.length - 1]);
});
