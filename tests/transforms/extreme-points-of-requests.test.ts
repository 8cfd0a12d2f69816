import { firstAxisFastest, type Volume } from '../../gateway/imaging/volume';
import { RequestError, type Json } from '../../gateway/transforms/sample';
import { run, sampleWith } from './samples';

/** 10 x 8 x 6 voxels, loaded as 20 x 8 x 6; optionally from a file whose first axis runs the other way. */
function image(flipped = false): Volume {
  const shape = [10, 8, 6];
  const sign = flipped ? -1 : 1;
  return {
    data: new Float32Array(480).fill(0.25),
    shape: [1, ...shape],
    strides: [480, ...firstAxisFastest(shape)],
    axes: 'CXYZ',
    affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
    properties: {
      originalShape: [20, 8, 6],
      asCanonical: flipped,
      originalAffine: [sign, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
    },
  };
}

const points = [[4, 3, 2], [16, 3, 2], [9, 1, 2], [9, 6, 2], [9, 3, 0], [9, 3, 5]]; // prettier-ignore
/** The same in the image's grid. */
const scaled = [[2, 3, 2], [8, 3, 2], [4, 1, 2], [4, 6, 2], [4, 3, 0], [4, 3, 5]]; // prettier-ignore

async function heat(params: Record<string, Json>, flipped = false, volumes: Record<string, Volume> = {}) {
  const sample = sampleWith({ image: image(flipped), ...volumes }, params);
  await run(sample, 'AddExtremePointsChannel', { image_field: 'image', label_field: 'label', sigma: 0.3 });
  return sample.volume('image');
}

/** Where the last channel is at its highest. */
function hottest(volume: Volume): number[][] {
  const found: number[][] = [];
  for (let k = 0; k < 6; k++) for (let j = 0; j < 8; j++) for (let i = 0; i < 10; i++) if (volume.data[480 + i + 10 * (j + 8 * k)] > 0.999) found.push([i, j, k]);
  return found;
} // prettier-ignore

const sorted = (list: number[][]) => list.map((p) => p.join()).sort();

describe('AddExtremePointsChannel before the network', () => {
  test.each<[string, Json]>([
    ['an array', points],
    ['fractions', points.map((p) => p.map((c) => c + 0.7))],
    ['a string', JSON.stringify(points)],
  ])('takes the request’s points as %s', async (_, sent) => {
    const result = await heat({ points: sent });
    expect(result).toMatchObject({ axes: 'CXYZ', shape: [2, 10, 8, 6] });
    expect([...result.data.subarray(0, 480)]).toEqual(new Array(480).fill(0.25));
    expect(sorted(hottest(result))).toEqual(sorted(scaled));
  });

  test('points are indices of the file, also when the image was reoriented', async () => {
    const mirrored = points.map(([i, j, k]) => [19 - i, j, k]);
    expect(sorted(hottest(await heat({ points: mirrored }, true)))).toEqual(sorted(scaled));
  });

  test.each<[string, Json, RegExp]>([
    ['too few', points.slice(0, 5), /at least 6 points, got \[\[4,3,2\]/],
    ['flat', [1, 2, 3], /list of points .* got \[1,2,3\]/],
    ['two numbers', [[1, 2]], /3 numbers each/],
    ['words', [['a', 'b', 'c']], /got \[\["a","b","c"\]\]/],
    ['no JSON', '[[1,2,', /not JSON: \[\[1,2,/],
    ['an object', { x: 1 }, /list of points/],
  ])('%s: the request is wrong', async (_, sent, message) => {
    await expect(heat({ points: sent })).rejects.toThrow(RequestError);
    await expect(heat({ points: sent })).rejects.toThrow(message);
  });

  test('no points and no label: the request is wrong', async () => {
    await expect(heat({})).rejects.toThrow(RequestError);
  });
});

describe('AddExtremePointsChannel after the network', () => {
  const mask = (): Volume => {
    const volume = { ...image(), data: new Uint8Array(480) };
    for (const [i, j, k] of scaled) volume.data[i + 10 * (j + 8 * k)] = 1;
    return volume;
  };

  test('takes the points of the mask and leaves the mask alone', async () => {
    const sample = sampleWith({ image: image(), model: mask() });
    await run(sample, 'AddExtremePointsChannel', { image_field: 'image', label_field: 'model', sigma: 0.3 });
    expect(sorted(hottest(sample.volume('image')))).toEqual(sorted(scaled));
    expect(sample.volume('model')).toEqual(mask());
  });

  test('a mask that is the image too stays a mask', async () => {
    const sample = sampleWith({ model: mask() });
    await run(sample, 'AddExtremePointsChannel', {
      image_field: 'model',
      label_field: 'model',
      points_channel_field: 'heat',
    });
    expect(sample.volume('model')).toEqual(mask());
    expect(sample.volume('heat')).toMatchObject({ axes: 'XYZ', shape: [10, 8, 6] });
  });

  test('an empty mask gives a cold channel', async () => {
    const result = await heat({}, false, { label: { ...mask(), data: new Uint8Array(480) } });
    expect(new Set(result.data.subarray(480))).toEqual(new Set([-1]));
  });

  test('scores of several channels are no mask', async () => {
    const scores = { ...mask(), data: new Uint8Array(960), shape: [2, 10, 8, 6] };
    await expect(heat({}, false, { label: scores })).rejects.toThrow('has 2 channels');
  });
});

describe('FetchExtremePoints', () => {
  const args = { image_field: 'image', label_field: 'model', points: 'found' };
  const label = (...voxels: number[][]): Volume => {
    const volume = { ...image(), data: new Uint8Array(480) };
    for (const [i, j, k] of voxels) volume.data[i + 10 * (j + 8 * k)] = 3;
    return volume;
  };

  test.each([[false], [true]])('answers indices of the file (reoriented: %s)', async (flipped) => {
    const sample = sampleWith({ image: image(flipped), model: label([1, 2, 3], [4, 2, 3]) });
    await run(sample, 'FetchExtremePoints', args);
    const [low, high] = flipped ? [16, 10] : [3, 9];
    expect(sample.result.found).toEqual([low, high, low, low, low, low].map((i) => [i, 2, 3]));
  });

  test('an empty mask has no points', async () => {
    const sample = sampleWith({ image: image(), model: label() });
    await run(sample, 'FetchExtremePoints', args);
    expect(sample.result).toEqual({ found: [] });
  });
});
