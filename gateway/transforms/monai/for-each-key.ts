import type { Volume } from '../../imaging/volume';
import type { Sample } from '../sample';

/** Replaces the image of every key; keys without an image are an error unless `allow_missing_keys`. */
export function forEachKey(
  sample: Sample,
  { keys, allow_missing_keys: mayMiss }: { keys: readonly string[]; allow_missing_keys: boolean },
  change: (volume: Volume, index: number, key: string) => Volume,
): void {
  keys.forEach((key, index) => {
    if (mayMiss && !sample.volumes.has(key)) return;
    sample.volumes.set(key, change(sample.volume(key), index, key));
  });
}
