import { holdsArena, type ArrayConstructor } from '../arena';
import type { NumericArray, Volume } from '../imaging/volume';
import type { AppliedStep, Json, Sample } from '../transforms/sample';
import { Sentence } from '../sentence';

/** A sample after its first pre-transforms, in a form that crosses threads; its voxels lie in memory that threads share. */
export interface PreparedSample {
  volumes: [field: string, volume: Volume][];
  values: [name: string, value: unknown][];
  result: Record<string, Json>;
  history: AppliedStep[];
  warnings: Sentence[];
}

/** Voxels begin at multiples of it. */
const ALIGNMENT = 64;
const aligned = (bytes: number) => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/**
 * The sample as it stands, with copies of its voxels.
 * @param reserve gives the memory for the copies
 * @returns undefined when there is no room for it, or when the sample holds something else that cannot be sent to another thread
 */
export async function takeSnapshot(
  sample: Sample,
  reserve: (bytes: number) => Promise<Uint8Array | undefined>,
): Promise<PreparedSample | undefined> {
  const others = [...sample.values, sample.history, [...sample.volumes.values()].map(({ properties }) => properties)];
  if (!isCloneable(others) || holdsArena(others)) return undefined;
  const arrays = new Set([...sample.volumes.values()].map(({ data }) => data));
  const place = await reserve([...arrays].reduce((sum, { byteLength }) => sum + aligned(byteLength), 0));
  if (!place) return undefined;
  let at = place.byteOffset;
  const copies = new Map<NumericArray, NumericArray>();
  for (const array of arrays) {
    const copy = new (array.constructor as ArrayConstructor<NumericArray>)(place.buffer, at, array.length);
    copy.set(array);
    copies.set(array, copy);
    at += aligned(array.byteLength);
  }
  return {
    volumes: [...sample.volumes].map(([field, volume]) => [field, { ...volume, data: copies.get(volume.data)! }]),
    values: [...sample.values],
    result: { ...sample.result },
    history: [...sample.history],
    warnings: sample.warned,
  };
}

function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}

/** Puts a snapshot into a fresh sample. No transform writes into the voxels it is given, so that many jobs can use them at once. */
export function restore(sample: Sample, { volumes, values, result, history, warnings }: PreparedSample): void {
  for (const [field, volume] of volumes) sample.volumes.set(field, volume);
  for (const [name, value] of values) sample.values.set(name, value);
  Object.assign(sample.result, result);
  sample.history.push(...history);
  // They came from another thread, as plain data.
  for (const warning of warnings) sample.warn(Sentence.of(warning));
}
