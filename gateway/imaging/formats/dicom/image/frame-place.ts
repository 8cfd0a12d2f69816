/** Where the bytes of a frame lie in the file, or in its inflated data set. */
export interface FramePlace {
  ranges: readonly { at: number; length: number }[];
  /** Bits to skip in the first byte. */
  bitOffset?: number;
}
