import { sizeOf } from '../../../imaging/volume';
import type { Padding } from '../../../imaging/ops/resample/gather';
import type { InferRequest } from '../../../triton/inference-client';
import { allocateUnsetData, type Datatype, type TensorData } from '../../../triton/datatypes';
import type { WantedOutput } from '../../../triton/transport';
import type { Job } from '../../job';
import { cutWindows, wantedOutput, type BoundInput, type BoundOutput } from '../tensors';

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
