import { fail } from '../../errors';
import { sizeOf, spatialShape } from '../../imaging/volume';
import type { Sample } from '../../transforms/sample';
import { allocateUnsetData } from '../../triton/datatypes';
import type { Tensor } from '../../triton/tensor';
import type { ModelRun } from '../model-run';
import { bindInput, bindOutput, cutWindows, firstInput, toVolume, wantedOutput } from './tensors';

/** Tensors of one shape, each with a batch axis of 1, as one batch. A single one is itself. */
function stackTensors(tensors: readonly Tensor[]): Tensor {
  const [first] = tensors;
  if (tensors.length === 1) return first;
  const odd = tensors.find(({ shape }) => shape.some((length, d) => length !== first.shape[d]));
  if (odd) {
    const what = `images of one call have the shapes [${first.shape.join(', ')}] and [${odd.shape.join(', ')}]`;
    throw fail('BAD_TENSOR', { tensor: first.name, model: 'the config', what });
  }
  const size = sizeOf(first.shape);
  const data = allocateUnsetData(first.datatype, size * tensors.length);
  // All are of the type of the first.
  tensors.forEach((tensor, at) => (data as Float32Array).set(tensor.data as Float32Array, at * size));
  return { ...first, shape: [tensors.length * first.shape[0], ...first.shape.slice(1)], data };
}

/** Item `at` of a batch of `count`, with a batch axis of 1; a view. */
function itemOf(tensor: Tensor, at: number, count: number): Tensor {
  if (count === 1) return tensor;
  const size = sizeOf(tensor.shape) / count;
  const data = tensor.data.subarray(at * size, (at + 1) * size) as Tensor['data'];
  return { ...tensor, shape: [tensor.shape[0] / count, ...tensor.shape.slice(1)], data };
}

/**
 * Sends whole pre-processed images (Clara `scanning_window: false`, MONAI SimpleInferer): those of samples whose images have one shape, as many in one
 * request as the model takes. Outputs go into the sample they belong to.
 */
export async function runStacked({ job, context, clock }: ModelRun, samples: readonly Sample[]): Promise<void> {
  const { id: requestId, spec, modelVersion: version } = job;
  const { inputs, outputs } = spec.inference;
  const image = samples[0].volume(inputs[0].field);
  const window = spatialShape(image);
  const origin = window.map(() => 0);
  // A window as large as the image leaves it nowhere.
  const padding = { mode: 'constant' } as const;
  const tensorsOf = await clock.measure('window', () =>
    samples.map((sample) => {
      firstInput(spec, sample);
      return inputs.map((binding) => {
        const bound = bindInput(spec, binding, sample, window, padding);
        return { layout: bound.layout, tensor: cutWindows(bound, [origin], padding) };
      });
    }),
  );
  const [{ layout }] = tensorsOf[0];
  const wanted = outputs.map((binding) => bindOutput(spec, binding, layout));

  for (let from = 0; from < samples.length; from += layout.maxBatch) {
    context.throwIfCancelled();
    const part = tensorsOf.slice(from, from + layout.maxBatch);
    const request = {
      model: spec.name,
      version,
      inputs: inputs.map((_, n) => stackTensors(part.map((tensors) => tensors[n].tensor))),
      outputs: wanted.map((output) => wantedOutput(output, layout, window, part.length)),
      requestId,
      signal: context.signal,
    };
    const answer = await clock.measure('triton', () => context.infer(request));
    for (const at of part.keys())
      for (const { tensor, field } of wanted) {
        const item = itemOf(answer.get(tensor)!, at, part.length);
        samples[from + at].volumes.set(field, toVolume(item, layout, window, image, spec.name));
      }
  }
}
