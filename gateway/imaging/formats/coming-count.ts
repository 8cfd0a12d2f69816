/** Places in the memory that the threads share: bytes that have come, and whether somebody wants more. */
const [COME, UNWANTED] = [0, 1];
const NO_MORE = -1n;

/** How many bytes of voxels have come that another thread reads. */
export type ComingCount = BigInt64Array<SharedArrayBuffer>;

export const newCount = (): ComingCount =>
  new BigInt64Array(new SharedArrayBuffer(2 * BigInt64Array.BYTES_PER_ELEMENT));

/** So many bytes are there. */
export function hasCome(count: ComingCount, bytes: number): void {
  Atomics.store(count, COME, BigInt(bytes));
  Atomics.notify(count, COME);
}

/** The rest will not come. */
export function noMoreComes(count: ComingCount): void {
  Atomics.store(count, COME, NO_MORE);
  Atomics.notify(count, COME);
}

/** The one who waits has gone. */
export function wantNoMore(count: ComingCount): void {
  Atomics.store(count, UNWANTED, 1n);
}

export const isWanted = (count: ComingCount): boolean => Atomics.load(count, UNWANTED) === 0n;

/** The thread looks so often whether it is still to wait. */
const LOOK_EVERY_MS = 50;

/** Holds this thread until so many bytes are there. @param look throws when that is not to be waited for @returns false when they will not come */
export function waitUntilCome(count: ComingCount, bytes: number, look: () => void): boolean {
  for (;;) {
    const come = Atomics.load(count, COME);
    if (come === NO_MORE) return false;
    if (Number(come) >= bytes) return true;
    look();
    Atomics.wait(count, COME, come, LOOK_EVERY_MS);
  }
}
