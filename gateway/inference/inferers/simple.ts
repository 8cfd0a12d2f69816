import { spatialShape } from '../../imaging/volume';
import type { StageClock } from '../../telemetry/stages';
import type { Sample } from '../../transforms/sample';
import type { Job } from '../job';
import type { InferenceContext } from './inference-context';
import { bindInput, bindOutput, cutWindows, numericData, toVolume, wantedOutput } from './tensors';

/** Sends the whole pre-processed image as one request (Clara `scanning_window: false`, MONAI SimpleInferer). */
export async function runSimple(
  { id, spec, modelVersion }: Job,
  sample: Sample,
  context: InferenceContext,
  clock: StageClock,
): Promise<void> {
  const { inputs, outputs } = spec.inference;
  const image = sample.volume(inputs[0].field);
  const window = spatialShape(image);
  const bound = inputs.map((binding) => bindInput(spec, binding, sample.volume(binding.field), window));
  const { layout } = bound[0];
  const origin = window.map(() => 0);
  const tensors = await clock.measure('window', () =>
    bound.map((input) => cutWindows(input, [origin], { mode: 'constant' })),
  );
  const wanted = outputs.map((binding) => bindOutput(spec, binding, layout));

  const answer = await clock.measure('triton', () =>
    context.infer({
      model: spec.name,
      version: modelVersion,
      inputs: tensors,
      outputs: wanted.map((output) => wantedOutput(output, layout, window, 1)),
      requestId: id,
      signal: context.signal,
    }),
  );
  for (const { tensor: name, field } of wanted) {
    const tensor = answer.get(name)!;
    const volume = toVolume(tensor, layout, window, image);
    if (volume) sample.volumes.set(field, volume);
    else sample.values.set(field, Array.from(numericData(tensor.data)));
  }
}
