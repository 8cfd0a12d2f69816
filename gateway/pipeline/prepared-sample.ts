import { isSharedArrayBuffer } from 'node:util/types';
import type { NumericArray, Volume } from '../imaging/volume';
import { addressOf, shareable } from '../arena';
import type { AppliedStep, Json, Sample } from '../transforms/sample';

/** What a sample holds behind its first pre-transforms, in a form that crosses threads; large voxel arrays are shared, not copied. */
export interface PreparedSample {
  volumes: [field: string, volume: Volume][];
  values: [name: string, value: unknown][];
  result: Record<string, Json>;
  history: AppliedStep[];
  warnings: string[];
}

/** The sample as it stands; undefined when it holds something that cannot be sent to another thread. */
export function takeSnapshot(sample: Sample): PreparedSample | undefined {
  const copies = new Map<NumericArray, NumericArray>();
  const shared = (data: NumericArray) => {
    const copy = copies.get(data) ?? shareable(data);
    copies.set(data, copy);
    return copy;
  };
  const snapshot = {
    volumes: [...sample.volumes].map(([field, volume]): [string, Volume] => [
      field,
      { ...volume, data: shared(volume.data) },
    ]),
    values: [...sample.values],
    result: { ...sample.result },
    history: [...sample.history],
    warnings: sample.warned,
  };
  const others = [snapshot.values, snapshot.history, snapshot.volumes.map(([, volume]) => volume.properties)];
  try {
    structuredClone(others);
    return holdsVoxelMemory(others) ? undefined : snapshot;
  } catch {
    return undefined;
  }
}

/** Puts a snapshot into a fresh sample. No transform writes into the voxels it is given, so that many jobs can use them at once. */
export function restore(sample: Sample, { volumes, values, result, history, warnings }: PreparedSample): void {
  for (const [field, volume] of volumes) sample.volumes.set(field, volume);
  for (const [name, value] of values) sample.values.set(name, value);
  Object.assign(sample.result, result);
  sample.history.push(...history);
  for (const warning of warnings) sample.warn(warning);
}

/** Bytes of all voxel buffers, each counted once. */
export function bytesOf({ volumes }: PreparedSample): number {
  const buffers = new Set(volumes.map(([, { data }]) => data.buffer));
  return [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** Whether there is an array in it that this thread will use again when it has done with it. */
function holdsVoxelMemory(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (ArrayBuffer.isView(value)) return addressOf(value) !== undefined;
  if (isSharedArrayBuffer(value)) return addressOf(new DataView(value)) !== undefined;
  const parts = value instanceof Map ? [...value] : value instanceof Set ? [...value] : Object.values(value);
  return parts.some(holdsVoxelMemory);
}
