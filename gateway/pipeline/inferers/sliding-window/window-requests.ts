import type { Padding } from '../../../imaging/ops/copy/windows';
import { sizeOf } from '../../../imaging/volume';
import { allocateUnsetData, type Datatype, type TensorData } from '../../../triton/datatypes';
import type { InferRequest } from '../../../triton/inference-client';
import type { WantedOutput } from '../../../triton/transport';
import type { Job } from '../../job';
import { cutWindows, type BoundInput, type BoundOutput, wantedOutput } from '../tensors';

/** Most of an answer that comes this soon is the way there and back. */
const SOON_MS = 20;

/**
 * Lets as many calls run at a time as the server computes; the others wait, first come, first served. While answers come within 20 ms, one more
 * runs: the server would have nothing to do until the next call arrives.
 */
export class Turns {
  private readonly waiting: (() => void)[] = [];
  private running = 0;
  private more = 0;

  /** @param check is made before each call; what it throws is its outcome */
  constructor(
    private readonly places: number,
    private readonly check: () => void,
  ) {}

  /** The next call begins before the outcome of one is seen. */
  async run<T>(call: () => Promise<T>): Promise<T> {
    if (this.running < this.places + this.more) this.running++;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    const start = performance.now();
    try {
      this.check();
      return await call();
    } finally {
      this.more = performance.now() - start < SOON_MS ? 1 : 0;
      this.running--;
      while (this.waiting.length > 0 && this.running < this.places + this.more) {
        this.running++;
        this.waiting.shift()!();
      }
    }
  }
}

/**
 * Makes the requests of a scanning window, one batch of windows each. The arrays of a request are used again by the one `inFlight` requests
 * later: fresh memory costs, and the collector does not see how large shared arrays are.
 */
export class WindowRequests {
  private readonly kept = new Map<string, TensorData>();
  private made = 0;

  /** @param inFlight most requests that are made and not yet answered at a time */
  constructor(
    private readonly job: Pick<Job, 'id' | 'spec' | 'modelVersion'>,
    private readonly inputs: readonly BoundInput[],
    private readonly outputs: readonly BoundOutput[],
    private readonly padding: Padding,
    private readonly inFlight: number,
  ) {}

  /** @param origins first voxel of each window in the image */
  next(origins: readonly number[][], signal: AbortSignal): InferRequest {
    const slot = this.made++ % this.inFlight;
    const [{ layout, window }] = this.inputs;
    const array = (name: string) => (datatype: Datatype, length: number) =>
      this.array(`${slot} ${name}`, datatype, length);
    const into = (output: WantedOutput): WantedOutput =>
      output.expected
        ? { ...output, into: array(output.name)(output.expected.datatype, sizeOf(output.expected.shape)) }
        : output;
    return {
      model: this.job.spec.name,
      version: this.job.modelVersion,
      inputs: this.inputs.map((input) => cutWindows(input, origins, this.padding, array(input.tensor))),
      outputs: this.outputs.map((output) => into(wantedOutput(output, layout, window, origins.length))),
      requestId: this.job.id,
      signal,
    };
  }

  private array(name: string, datatype: Datatype, length: number): TensorData {
    const kept = this.kept.get(name);
    const array = kept && kept.length >= length ? kept : allocateUnsetData(datatype, length);
    this.kept.set(name, array);
    return array.length === length ? array : (array.subarray(0, length) as TensorData);
  }
}
