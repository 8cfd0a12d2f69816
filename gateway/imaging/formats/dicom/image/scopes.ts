import type { DataSet } from '../file/data-set';
import type { Meaning } from '../frames/write-frame';

/** What the header says of a frame, the most special first: its functional groups, those of all frames, the object. */
export interface FrameScopes {
  frame?: DataSet;
  shared?: DataSet;
  object: DataSet;
}

/** What the stored values of a frame mean, and what is to be told of it. */
export interface FrameMeaning {
  meaning: Meaning;
  warning?: string;
}
