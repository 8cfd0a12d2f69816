import type { NumericArray } from '../../volume';

/**
 * A loop over voxels that is compiled by itself for each combination of array types it is called with.
 *
 * V8 compiles a function for the types it has met, and all closures of one function share what it has met. A loop that has met more than four
 * types of array, as every kernel of a server has after a while, takes ten times as long per voxel. Hence each copy is made from source text
 * of its own.
 * @param loop may use its parameters, globals and what `scope` names, nothing else of its module
 * @returns the copy for the arrays given to it; only their types matter
 */
export function perType<F extends (...args: never[]) => unknown>(
  loop: F,
  scope: Record<string, unknown> = {},
): (...arrays: NumericArray[]) => F {
  const copies = new Map<string, F>();
  return (...arrays) => {
    const types = arrays.map((array) => array.constructor.name).join();
    let copy = copies.get(types);
    if (!copy) {
      // V8 compiles equal texts once; the comment makes it another one.
      // oxlint-disable-next-line typescript/no-implied-eval -- the loop is ours, no part of it comes from outside
      const make = new Function(...Object.keys(scope), `'use strict'; /* ${types} */ return ${loop}`);
      copies.set(types, (copy = make(...Object.values(scope)) as F));
    }
    return copy;
  };
}
