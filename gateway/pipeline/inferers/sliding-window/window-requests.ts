import type { Padding } from '../../../imaging/ops/copy/windows';
import { sizeOf } from '../../../imaging/volume';
import { allocateUnsetData, type Datatype, type TensorData } from '../../../triton/datatypes';
import type { InferRequest, TensorMap } from '../../../triton/inference-client';
import type { ModelRun } from '../../model-run';
import { cutWindows, type BoundInput, type BoundOutput, wantedOutput } from '../tensors';

/** Most of an answer that comes this soon is the way there and back. */
const SOON_MS = 20;

/**
 * Lets as many calls run at a time as the server computes; the others wait, first come, first served. While answers come within 20 ms, one more
 * runs: the server would have nothing to do until the next call arrives.
 *
 * @param check is made before each call; what it throws is its outcome
 */
export function turns(places: number, check: () => void) {
  const waiting: (() => void)[] = [];
  let running = 0;
  let more = 0;
  // The next call begins before the outcome of one is seen.
  return async <T>(call: () => Promise<T>): Promise<T> => {
    if (running < places + more) running++;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    const start = performance.now();
    try {
      check();
      return await call();
    } finally {
      more = performance.now() - start < SOON_MS ? 1 : 0;
      running--;
      while (waiting.length > 0 && running < places + more) {
        running++;
        waiting.shift()!();
      }
    }
  };
}

/**
 * Makes the requests of a scanning window, each for a batch of windows (by the first voxel of each in the image). The arrays of a request are used
 * again by the one `inFlight` requests later: fresh memory costs, and the collector does not see how large shared arrays are.
 *
 * @param inFlight most requests that are made and not yet answered at a time
 * @param inPlace answers are read where Triton puts them, and need no arrays
 */
export function windowRequests(
  { job, context: { signal } }: ModelRun,
  bound: readonly BoundInput[],
  wanted: readonly BoundOutput[],
  padding: Padding,
  inFlight: number,
  inPlace = false,
) {
  const kept = new Map<string, TensorData>();
  const [{ layout, window }] = bound;
  let made = 0;
  return (origins: readonly number[][]): InferRequest => {
    const slot = made++ % inFlight;
    const array = (name: string) => (datatype: Datatype, length: number) => {
      const earlier = kept.get(`${slot} ${name}`);
      const whole = earlier && earlier.length >= length ? earlier : allocateUnsetData(datatype, length);
      kept.set(`${slot} ${name}`, whole);
      return whole.length === length ? whole : (whole.subarray(0, length) as TensorData);
    };
    const outputs = wanted.map((output) => {
      const { name, expected } = wantedOutput(output, layout, window, origins.length);
      return expected && !inPlace
        ? { name, expected, into: array(name)(expected.datatype, sizeOf(expected.shape)) }
        : { name, expected };
    });
    const inputs = bound.map((input) => cutWindows(input, origins, padding, array(input.tensor)));
    return { model: job.spec.name, version: job.modelVersion, inputs, outputs, requestId: job.id, signal };
  };
}

/** A request that was answered, and the windows it was for. */
interface Answered {
  batch: number[][];
  request: InferRequest;
  answer: TensorMap;
}

/**
 * Sends batches of windows and yields their answers in the same order. The next windows are in place while Triton computes, but none wait at the server:
 * those would be computed after a cancel.
 *
 * @param instances requests that are computed at a time
 */
export async function* answersInOrder(
  { context, clock }: ModelRun,
  batches: Iterable<number[][]>,
  nextRequest: (batch: readonly number[][]) => InferRequest,
  instances: number,
): AsyncGenerator<Answered> {
  const inTurn = turns(instances, () => context.throwIfCancelled());
  const underWay: (Omit<Answered, 'answer'> & { pending: Promise<TensorMap> })[] = [];
  const oldest = async (): Promise<Answered> => {
    const { batch, request, pending } = underWay.shift()!;
    return { batch, request, answer: await clock.measure('triton', () => pending) };
  };
  for (const batch of batches) {
    context.throwIfCancelled();
    const request = clock.measureNow('window', () => nextRequest(batch));
    const pending = context.infer({ ...request, inTurn });
    // It may fail while an earlier one is waited for; whoever comes to wait for it still sees that.
    pending.catch(() => undefined);
    underWay.push({ batch, request, pending });
    if (underWay.length > instances) yield await oldest();
  }
  while (underWay.length > 0) yield await oldest();
}

/** Origins of windows, `size` of them at a time. */
export function* inBatches(origins: readonly number[][], size: number): Generator<number[][]> {
  for (let at = 0; at < origins.length; at += size) yield origins.slice(at, at + size);
}
