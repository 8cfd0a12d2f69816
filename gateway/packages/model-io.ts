/** A tensor as a model file itself describes it. */
export interface FileTensor {
  name: string;
  /** Triton's name, `TYPE_FP32`; undefined when the file has a type that Triton has not. */
  dataType?: string;
  /** With the batch axis; -1 is a free axis. Undefined when the file does not say. */
  dims?: number[];
}

/** The inputs and outputs that a model file has. */
export interface ModelIo {
  inputs: FileTensor[];
  outputs: FileTensor[];
}
