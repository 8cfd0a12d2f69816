import { isDeepStrictEqual } from 'node:util';
import type { Arrival } from '../../jobs/arrival';
import type { PartFiles } from './part-files';
import type { Upload } from './received';

/** So many bytes of an image show what it is. */
const START = 64 << 10;

/** The first file of a form while its bytes still come, with the fields before it. */
export class ArrivingImage implements Arrival {
  isConfirmed = false;
  readonly whole: Promise<void>;
  private settle!: { resolve: () => void; reject: (error: unknown) => void };

  /** @param index of its part @param fields that came before it */
  constructor(
    private readonly content: PartFiles,
    private readonly index: number,
    readonly mostBytes: number,
    private readonly fields: Upload['fields'],
  ) {
    this.whole = new Promise((resolve, reject) => (this.settle = { resolve, reject }));
    this.whole.catch(() => undefined);
  }

  follow(listener: (bytes: number, whole: boolean) => void): () => void {
    return this.content.follow(this.index, listener);
  }

  /** Calls `begin` once, when its start is on the disk, if more is to come. */
  whenStarted(begin: (bytes: number) => void): void {
    let isDone = false;
    this.follow((bytes, whole) => {
      if (isDone || (bytes < START && !whole)) return;
      isDone = true;
      if (!whole) begin(bytes);
    });
  }

  /** All of the upload is there. */
  ended({ files, fields }: Upload): void {
    if (files.length === 1 && isDeepStrictEqual(fields, this.fields)) this.settle.resolve();
    else this.settle.reject(new Error('more parts came after the image'));
  }

  failed(error: unknown): void {
    this.settle.reject(error);
  }
}
