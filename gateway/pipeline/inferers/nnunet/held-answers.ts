import { release } from '../../../arena';
import { allocateUnsetData } from '../../../triton/datatypes';
import type { InferRequest } from '../../../triton/inference-client';
import { elementCount, readerOf, type TensorReader } from '../../../triton/tensor';
import type { ModelRun } from '../../model-run';
import { turns } from '../sliding-window/window-requests';

type Outputs = ReadonlyMap<string, TensorReader>;

/** An answer that stays where Triton has put it until `done` is called. */
interface Held {
  outputs: Outputs;
  done(): void;
}

interface Answered {
  batch: number[][];
  /** To be read before the next answer is asked for. */
  outputs: Outputs;
}

/**
 * Sends batches of windows and yields their answers in the same order, each to be read where Triton has put it: scores of a hundred labels would take as
 * much memory again. While one is read Triton computes the next.
 *
 * @param instances requests that are computed at a time
 * @param copied answers are copied when they come: networks that go on side by side must not wait for each other's room in shared memory
 */
export async function* answersHeld(
  { context, clock }: ModelRun,
  batches: Iterable<number[][]>,
  nextRequest: (batch: readonly number[][]) => InferRequest,
  { instances, copied }: { instances: number; copied: boolean },
): AsyncGenerator<Answered> {
  const inTurn = turns(instances, () => context.throwIfCancelled());
  const underWay: { batch: number[][]; held: Promise<Held> }[] = [];
  const send = (request: InferRequest) =>
    new Promise<Held>((resolve, reject) => {
      const receive = (outputs: Outputs) =>
        copied ? resolve(copyOf(outputs)) : new Promise<void>((done) => resolve({ outputs, done }));
      context.infer({ ...request, inTurn, receive }).catch(reject);
    });
  async function* oldest() {
    const { batch, held } = underWay[0];
    const { outputs, done } = await clock.measure('triton', () => held);
    try {
      yield { batch, outputs };
    } finally {
      underWay.shift();
      done();
    }
  }
  try {
    for (const batch of batches) {
      context.throwIfCancelled();
      const held = send(clock.measureNow('window', () => nextRequest(batch)));
      // It may fail while an earlier one is waited for; whoever comes to wait for it still sees that.
      held.catch(() => undefined);
      underWay.push({ batch, held });
      if (underWay.length > instances) yield* oldest();
    }
    while (underWay.length > 0) yield* oldest();
  } finally {
    for (const { held } of underWay) void held.then(({ done }) => done(), () => undefined);
  }
} // prettier-ignore

function copyOf(outputs: Outputs): Held {
  const copies = [...outputs].map(([name, { datatype, shape, read }]) => {
    const data = allocateUnsetData(datatype, elementCount(shape));
    read(0, data);
    return { name, datatype, shape, data };
  });
  return {
    outputs: new Map(copies.map((copy) => [copy.name, readerOf(copy)])),
    done: () => copies.forEach(({ data }) => release(data)),
  };
}
