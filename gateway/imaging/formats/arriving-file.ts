/** So many bytes show a format, also of a compressed file. */
const START = 64 << 10;

/** A file that is read while it is written, as far as its writer says that it has come. */
export class ArrivingFile {
  private bytes = 0;
  private whole = false;
  private failure: Error | undefined;
  private wake: () => void = () => undefined;

  /** @param mostBytes that it may have when it is whole */
  constructor(
    readonly path: string,
    readonly mostBytes: number,
  ) {}

  /** So many bytes are on the disk. @param whole no more will come */
  grown(bytes: number, whole: boolean): void {
    this.bytes = bytes;
    this.whole = whole;
    this.wake();
  }

  /** Nobody may wait for it any more. */
  fail(error: Error): void {
    this.failure = error;
    this.wake();
  }

  /** Bytes that are there when there are more than `at`, or no more will come. @throws what {@link fail} was given */
  async beyond(at: number): Promise<number> {
    while (this.bytes <= at && !this.whole && !this.failure)
      await new Promise<void>((resolve) => (this.wake = resolve));
    if (this.failure) throw this.failure;
    return this.bytes;
  }

  /** How many bytes it has, when it is whole. @throws as {@link beyond} */
  size(): Promise<number> {
    return this.beyond(Infinity);
  }

  /** Settles when the start of the file is there. @returns the most bytes that it may have */
  async started(): Promise<number> {
    await this.beyond(START);
    return this.whole ? this.bytes : this.mostBytes;
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
