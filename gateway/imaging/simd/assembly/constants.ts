// Pairs of float64 that lie in memory: V8 makes constants of the code anew at each use.
export const HALF = memory.data<f64>([0.5, 0.5], 16);
export const ONE = memory.data<f64>([1, 1], 16);
export const TWO = memory.data<f64>([2, 2], 16);
