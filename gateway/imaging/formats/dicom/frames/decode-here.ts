import { ImageError } from '../../../image-error';
import type { NumericArray } from '../../../volume';
import { rescaleInto } from '../../real-values';
import { decodeFrame } from './decode-frame';
import type { FrameSource } from './frame';
import { FrameReader } from './native';

/** From stored values to what they mean: a rescaling, or a table (Modality LUT) for those equal to `first` and following ones. */
export type Meaning =
  | { slope: number; intercept: number }
  | {
      /** Stored value of the first entry. Values below take the first entry, values beyond the last one (PS3.3 C.11.1.1). */
      first: number;
      table: ArrayLike<number>;
    };

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
    readonly index: number,
    options?: { cause?: unknown },
  ) {
    super(kind, message, options);
  }
}

/** Decodes frames in this thread, one after the other. @param begin hears the index of each before it is decoded @throws FrameError */
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

/** Writes a frame into an array at `at`. Real values are `stored * slope + intercept` in float64, rounded once when the array is float32. */
function writeFrame(values: NumericArray, meaning: Meaning | undefined, target: NumericArray, at: number): void {
  if (!meaning) target.set(values, at);
  else if ('table' in meaning) lookUp(values, meaning.first, meaning.table, target, at);
  else rescaleInto(values, meaning.slope, meaning.intercept, target, at);
}

function lookUp(values: NumericArray, first: number, table: ArrayLike<number>, to: NumericArray, at: number): void {
  const last = table.length - 1;
  for (let i = 0; i < values.length; i++) to[at + i] = table[Math.min(Math.max(values[i] - first, 0), last)];
}
