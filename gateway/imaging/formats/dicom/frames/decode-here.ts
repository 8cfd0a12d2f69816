import { ImageError } from '../../../image-error';
import type { NumericArray } from '../../../volume';
import { decodeFrame } from './decode-frame';
import type { FrameSource } from './frame';
import { FrameReader } from './frame-bytes';
import { writeFrame, type Meaning } from './write-frame';

/** One frame and where its values go. */
export interface FrameTask {
  source: FrameSource;
  /** Index in the target of the frame's first value; it takes `layoutOf(format).length` of them. */
  at: number;
  /** What stored values mean. @default stored values are written as they are */
  meaning?: Meaning;
}

/** What is wrong with one of several frames. The sentence does not name the file. */
export class FrameError extends ImageError {
  constructor(
    kind: ImageError['kind'],
    message: string,
    /** Of the task. */
    readonly index: number,
    options?: { cause?: unknown },
  ) {
    super(kind, message, options);
  }
}

/**
 * Decodes frames in this thread, one after the other.
 *
 * @param begin hears the index of each frame before it is decoded
 * @throws FrameError
 */
export async function decodeHere(
  tasks: readonly FrameTask[],
  target: NumericArray,
  begin?: (index: number) => void,
): Promise<void> {
  const reader = new FrameReader();
  try {
    for (const [index, { source, at, meaning }] of tasks.entries()) {
      begin?.(index);
      try {
        const { values } = await decodeFrame(source, reader);
        writeFrame(values, meaning, target, at);
      } catch (error) {
        if (error instanceof ImageError) throw new FrameError(error.kind, error.message, index, { cause: error });
        throw error;
      }
    }
  } finally {
    reader.close();
  }
}
