import type { Tensor } from '../../triton/tensor';

/** Of the largest value. GPUs add up in any order, which shows in the last digits; random numbers show in the first. */
const TOLERANCE = 1e-2;

/** Compares the answers to the same input: a network in training mode (dropout, noise) gives another one each time. */
export function compareAnswers(first: readonly Tensor[], second: readonly Tensor[]): string[] {
  const others = new Map(second.map((tensor) => [tensor.name, tensor]));
  return first.flatMap(({ name, data }) => {
    const other = others.get(name)?.data;
    const distance = other?.length === data.length ? furthest(data, other) : Infinity;
    if (distance <= TOLERANCE) return [];
    return `Two trial runs on the same input gave different answers in "${name}": the network draws random numbers, so masks differ from call to call. Was it exported in training mode? Call model.eval() before the export`;
  });
}

/** Largest difference as a part of the largest value; what is NaN or infinite in both is equal. */
function furthest(a: Tensor['data'], b: Tensor['data']): number {
  let [difference, largest] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [Number(a[i]), Number(b[i])];
    if (Object.is(x, y)) continue;
    if (!Number.isFinite(x) || !Number.isFinite(y)) return Infinity;
    difference = Math.max(difference, Math.abs(x - y));
    largest = Math.max(largest, Math.abs(x), Math.abs(y));
  }
  return difference === 0 ? 0 : difference / largest;
}
