/** TensorFlow's element types (tensorflow/core/framework/types.proto): Triton's name and bytes of one element. */
// prettier-ignore
const table: Record<number, [triton: string, bytes: number]> = {
  1: ['FP32', 4], 2: ['FP64', 8], 3: ['INT32', 4], 4: ['UINT8', 1], 5: ['INT16', 2], 6: ['INT8', 1], 7: ['STRING', 0], 9: ['INT64', 8],
  10: ['BOOL', 1], 14: ['BF16', 2], 17: ['UINT16', 2], 19: ['FP16', 2], 22: ['UINT32', 4], 23: ['UINT64', 8],
};

export const FLOAT = 1;
export const DOUBLE = 2;
export const BOOL = 10;
export const HALF = 19;
/** A handle of a variable (`VarHandleOp`). */
export const RESOURCE = 20;
/** Types of references to variables are those of their values plus this. */
const REFERENCE = 100;

/** `TYPE_FP32`; undefined for types that Triton has not. */
export const tritonType = (type: number): string | undefined => table[type] && `TYPE_${table[type][0]}`;

/** Undefined for texts and types that are no plain numbers. */
export const elementBytes = (type: number): number | undefined => table[type]?.[1] || undefined;

export const withoutReference = (type: number): number => (type > REFERENCE ? type - REFERENCE : type);
