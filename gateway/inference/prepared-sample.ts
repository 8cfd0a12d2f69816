import { allocate, type NumericArray, type Volume } from '../imaging/volume';
import type { AppliedStep, Json, Sample } from '../transforms/sample';

/** What a sample holds behind its first pre-transforms, in a form that crosses threads; large voxel arrays are shared, not copied. */
export interface PreparedSample {
  volumes: [field: string, volume: Volume][];
  values: [name: string, value: unknown][];
  result: Record<string, Json>;
  history: AppliedStep[];
}

/** Buffers below this size are cheaper to copy than to share. */
const SHARED_FROM_BYTES = 1 << 20;

/** The sample as it stands; undefined when it holds something that cannot be sent to another thread. */
export function takeSnapshot(sample: Sample): PreparedSample | undefined {
  const snapshot = {
    volumes: [...sample.volumes].map(([field, volume]): [string, Volume] => [field, withSharedData(volume)]),
    values: [...sample.values],
    result: { ...sample.result },
    history: [...sample.history],
  };
  try {
    structuredClone([snapshot.values, snapshot.history, snapshot.volumes.map(([, volume]) => volume.properties)]);
    return snapshot;
  } catch {
    return undefined;
  }
}

/** Puts a snapshot into a fresh sample. No transform writes into the voxels it is given, so that many jobs can use them at once. */
export function restore(sample: Sample, { volumes, values, result, history }: PreparedSample): void {
  for (const [field, volume] of volumes) sample.volumes.set(field, volume);
  for (const [name, value] of values) sample.values.set(name, value);
  Object.assign(sample.result, result);
  sample.history.push(...history);
}

/** Bytes of all voxel buffers, each counted once. */
export function bytesOf({ volumes }: PreparedSample): number {
  const buffers = new Set(volumes.map(([, { data }]) => data.buffer));
  return [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0);
}

function withSharedData(volume: Volume): Volume {
  const { data } = volume;
  if (data.buffer instanceof SharedArrayBuffer || data.buffer.byteLength < SHARED_FROM_BYTES) return volume;
  const copy = allocate(data.constructor as Parameters<typeof allocate<NumericArray>>[0], data.length);
  copy.set(data);
  return { ...volume, data: copy };
}
