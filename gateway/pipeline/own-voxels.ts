import type { Volume } from '../imaging/volume';
import type { Sample } from '../transforms/sample';

/**
 * Runs a transform that a model author brought on a sample whose voxels are copies, outside of the arena and shared with nobody; each is made when it
 * is first looked at. The transform may write into them and keep them.
 */
export async function withOwnVoxels(sample: Sample, work: () => void | Promise<void>): Promise<void> {
  const lent = new Map<Volume, Volume>();
  let isOver = false;
  for (const [field, original] of sample.volumes) {
    const copy = lent.get(original) ?? lend(original, () => isOver);
    lent.set(original, copy);
    sample.volumes.set(field, copy);
  }
  try {
    await work();
  } finally {
    isOver = true;
    const originals = new Map([...lent].map(([original, copy]) => [copy, original]));
    for (const [field, volume] of sample.volumes) {
      const original = originals.get(volume);
      const given = Object.getOwnPropertyDescriptors(volume);
      if (!original || !given.data.get) continue;
      const unread = Object.defineProperties({} as Volume, { ...given, data: valued(original.data) });
      sample.volumes.set(field, unread);
    }
  }
}

const valued = (value: unknown) => ({ value, writable: true, enumerable: true, configurable: true });

function lend(original: Volume, isOver: () => boolean): Volume {
  return Object.defineProperty({ ...original }, 'data', {
    enumerable: true,
    configurable: true,
    get(this: Volume) {
      if (isOver()) throw new Error('the voxels of this image were not read before apply had ended');
      const data = original.data.slice();
      Object.defineProperty(this, 'data', valued(data));
      return data;
    },
    set(this: Volume, value: unknown) {
      Object.defineProperty(this, 'data', valued(value));
    },
  });
}
