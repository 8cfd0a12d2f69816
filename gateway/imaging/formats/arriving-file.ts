/** So many bytes show a format, also of a compressed file. */
const START = 64 << 10;

/** Places in the memory that threads share. */
const [BYTES, STATE, CHANGES] = [0, 1, 2];
const CELLS = 3;
const [WHOLE, FAILED] = [1n, 2n];

/** A file that is read while it is written, as far as its writer says that it has come, which may be in another thread. */
export class ArrivingFile {
  private readonly cells: BigInt64Array<SharedArrayBuffer>;

  /**
   * @param mostBytes that it may have when it is whole
   * @param shared that of the same file in another thread
   */
  constructor(
    readonly path: string,
    readonly mostBytes: number,
    readonly shared = new SharedArrayBuffer(CELLS * BigInt64Array.BYTES_PER_ELEMENT),
  ) {
    this.cells = new BigInt64Array(shared);
  }

  /** So many bytes are on the disk. @param whole no more will come */
  grown(bytes: number, whole: boolean): void {
    Atomics.store(this.cells, BYTES, BigInt(bytes));
    if (whole) Atomics.compareExchange(this.cells, STATE, 0n, WHOLE);
    this.tell();
  }

  /** Nobody may wait for it any more. */
  fail(): void {
    Atomics.store(this.cells, STATE, FAILED);
    this.tell();
  }

  private tell(): void {
    Atomics.add(this.cells, CHANGES, 1n);
    Atomics.notify(this.cells, CHANGES);
  }

  /** Bytes that are there when there are more than `at`, or no more will come. @throws after {@link fail} */
  async beyond(at: number): Promise<number> {
    for (;;) {
      const seen = Atomics.load(this.cells, CHANGES);
      const state = Atomics.load(this.cells, STATE);
      if (state === FAILED) throw new Error('nobody waits for the rest of the file any more');
      const bytes = Number(Atomics.load(this.cells, BYTES));
      if (bytes > at || state === WHOLE) return bytes;
      const change = Atomics.waitAsync(this.cells, CHANGES, seen);
      if (change.async) await change.value;
    }
  }

  /** How many bytes it has, when it is whole. @throws as {@link beyond} */
  size(): Promise<number> {
    return this.beyond(Infinity);
  }

  /** Settles when the start of the file is there. @returns the most bytes that it may have */
  async started(): Promise<number> {
    const bytes = await this.beyond(START);
    return Atomics.load(this.cells, STATE) === WHOLE ? bytes : this.mostBytes;
  }
}

/** Of this thread. */
let arriving: ArrivingFile | undefined;

/** From now on readers of this thread follow this file alone. @default none */
export function followFile(file?: ArrivingFile): void {
  arriving = file;
}

/** The file of this path, where it is still arriving. */
export const arrivingAt = (path: string): ArrivingFile | undefined => (arriving?.path === path ? arriving : undefined);
