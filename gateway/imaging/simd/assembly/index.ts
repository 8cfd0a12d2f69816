export { boundsOfPlane } from './bounds';
export { argmax } from './argmax';
export { blendPlanes, interpolatePlane } from './linear';
export { pickRows, pickRowsApart } from './pick';
export { sampleLinear, sampleNearest } from './affine';
export { countNotFinite, replaceNotFinite, smallestFinite } from './finite';
export { weightedSums } from './gaussian';
export { addInto, meanRows, sumPlane } from './area';
export { sigmoid, softmax } from './exponential';
export { lookUp } from './labels';
export { extendRange } from './range';
export {
  calculate,
  choose,
  compare,
  compareTo,
  normalize,
  raise,
  replaceBeyond,
  scale,
  sum,
  sumOfSquares,
} from './voxel-wise';
export { copy, narrow, widen } from './widen';
export { addRows, addWeightedRows, divideRows } from './windows';
export { clearRows, convertPlane, copyPlane, copyRows, repeat } from './copy';
