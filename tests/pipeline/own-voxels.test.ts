import { addressOf, allocateUnset, resetArena } from '../../gateway/arena';
import { firstAxisFastest, type Volume } from '../../gateway/imaging/volume';
import { withOwnVoxels } from '../../gateway/pipeline/own-voxels';
import { Sample } from '../../gateway/transforms/sample';

const LENGTH = 1 << 16;

/** A sample with one image of threes in the arena, in two fields. */
function sampleInArena(): { sample: Sample; image: Volume } {
  const shape = [LENGTH, 1, 1];
  const image: Volume = {
    data: allocateUnset(Uint8Array, LENGTH).fill(3),
    shape,
    strides: firstAxisFastest(shape),
    axes: 'XYZ',
    properties: {},
  };
  const sample = new Sample(new Map(), {});
  for (const field of ['image', 'again']) sample.volumes.set(field, image);
  return { sample, image };
}

test('an own transform sees copies: what it keeps stays as it was when the memory of the job is used again', async () => {
  const { sample } = sampleInArena();
  let kept = new Uint8Array() as Volume['data'];
  await withOwnVoxels(sample, () => void (kept = sample.volume('image').data));
  expect(addressOf(kept)).toBeUndefined();
  expect(kept.buffer).toBeInstanceOf(ArrayBuffer);
  resetArena();
  allocateUnset(Uint8Array, LENGTH).fill(9);
  expect(kept.every((x) => x === 3)).toBe(true);
});

test('an image that it does not look at is not copied, and keeps what else was changed about it', async () => {
  const { sample, image } = sampleInArena();
  await withOwnVoxels(sample, () => {
    sample.volume('again').affine = [1];
    sample.volumes.set('moved', sample.volume('image'));
  });
  for (const field of ['image', 'again', 'moved']) expect(sample.volume(field).data === image.data).toBe(true);
  expect([sample.volume('again').affine, image.affine]).toEqual([[1], undefined]);
});

test('what it writes into a copy, and what it puts in its place, stays', async () => {
  const { sample, image } = sampleInArena();
  await withOwnVoxels(sample, async () => {
    await Promise.resolve();
    sample.volume('image').data[5] = 7;
    sample.volumes.set('other', { ...sample.volume('image'), data: new Uint8Array(LENGTH) });
    sample.volumes.set('half', { ...sample.volume('image'), axes: 'XY' });
  });
  expect([sample.volume('image').data[5], sample.volume('half').data[5], sample.volume('other').data[5]]).toEqual([7, 7, 0]); // prettier-ignore
  expect(image.data[5]).toBe(3);
});

test('voxels that were not read before it ended cannot be read later', async () => {
  const { sample } = sampleInArena();
  let kept: Volume | undefined;
  await withOwnVoxels(sample, () => void (kept = sample.volume('image')));
  expect(() => kept!.data).toThrow('not read before apply had ended');
});
