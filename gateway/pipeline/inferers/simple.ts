import { fail } from '../../errors';
import { tensorOrder } from '../../imaging/ops/copy/layout';
import { pieces } from '../../imaging/ops/crop/boxes';
import { channelCount, sizeOf, spatialShape } from '../../imaging/volume';
import type { StageClock } from '../../telemetry/stages';
import type { Sample } from '../../transforms/sample';
import { allocateUnsetData } from '../../triton/datatypes';
import type { InferRequest } from '../../triton/inference-client';
import type { TensorInParts, TensorReader } from '../../triton/tensor';
import { leadingVoxelWise } from '../fusion';
import type { ModelRun } from '../model-run';
import { FinishedPieces } from './finished-pieces';
import { tensorShape } from './tensor-layout';
import { bindInput, bindOutput, cutInParts, firstInput, readBox, toVolume, wantedOutput } from './tensors';
import type { BoundInput, BoundOutput } from './tensors';

/** Numbers of an answer that go through the post-transforms at a time: they stay in the second cache. */
const PIECE = 1 << 17;
/** A window as large as the image leaves it nowhere. */
const PADDING = { mode: 'constant' } as const;

/** The tensors of images of one shape as one batch, cut while they are sent. */
function stacked(inputs: readonly BoundInput[], clock: StageClock): TensorInParts {
  const [{ tensor: name, datatype, layout, window, image }] = inputs;
  const channels = channelCount(image);
  const odd = inputs.find((input) => channelCount(input.image) !== channels);
  if (odd) {
    const what = `images of one call have ${channels} and ${channelCount(odd.image)} channels`;
    throw fail('BAD_TENSOR', { tensor: name, model: 'the config', what });
  }
  function* parts() {
    for (const input of inputs) {
      const cut = cutInParts(input, PADDING);
      for (;;) {
        const { value, done } = clock.measureNow('window', () => cut.next());
        if (done) break;
        // Until the next one is asked for, it or the one before is on its way to Triton.
        const end = clock.begin('triton');
        try {
          yield value;
        } finally {
          end();
        }
      }
    }
  }
  return { name, datatype, shape: tensorShape(layout, inputs.length, channels, window), parts };
}

/**
 * Sends whole pre-processed images (Clara `scanning_window: false`, MONAI SimpleInferer): those of samples whose images have one shape, as many in one
 * request as the model takes. Outputs go into the sample they belong to; unless `fusion` is off they go through the first post-transforms, as far as those
 * can take them in pieces, while they are read.
 *
 * @returns number of post-transforms that have been applied already
 * @example
 * // "inference": { "name": "TRTISInference", "args": { "scanning_window": false }, … }
 * const applied = await runStacked(run, [run.sample]);
 * await runChain(run, { name: 'post_transforms', stage: 'post', steps: spec.post.slice(applied), first: applied });
 */
export async function runStacked(run: ModelRun, samples: readonly Sample[]): Promise<number> {
  const { job, context, clock } = run;
  const { id: requestId, spec, modelVersion: version, options } = job;
  const { inputs, outputs } = spec.inference;
  const image = samples[0].volume(inputs[0].field);
  const window = spatialShape(image);
  const bound = clock.measureNow('window', () =>
    samples.map((sample) => {
      firstInput(spec, sample);
      return inputs.map((binding) => bindInput(spec, binding, sample, window, PADDING));
    }),
  );
  const [[{ layout }]] = bound;
  const wanted = outputs.map((binding) => bindOutput(spec, binding, layout));
  const isKnown = wanted.every(({ channels }) => channels !== undefined);
  const fields = wanted.map(({ field }) => field);
  const applied = options.fusion === 'off' || !isKnown ? 0 : leadingVoxelWise(spec.post, fields);

  const whole = ({ tensor, field }: BoundOutput, reader: TensorReader, item: number, count: number, sample: Sample) => {
    const size = sizeOf(reader.shape) / count;
    const data = allocateUnsetData(reader.datatype, size);
    reader.read(item * size, data);
    const shape = layout.batched ? [reader.shape[0] / count, ...reader.shape.slice(1)] : reader.shape;
    const { datatype } = reader;
    sample.volumes.set(field, toVolume({ name: tensor, datatype, shape, data }, layout, window, image, spec.name));
  };
  const inPieces = (readers: ReadonlyMap<string, TensorReader>, item: number, sample: Sample) => {
    const taken = wanted.map(({ tensor: name, field, channels }) => ({
      field,
      take: (box: Parameters<typeof readBox>[2]) =>
        readBox({ reader: readers.get(name)!, item, name }, layout, box, channels!, {
          image,
          window,
          model: spec.name,
        }),
    }));
    const finished = new FinishedPieces(taken, spec.post.slice(0, applied), run, window, tensorOrder);
    const most = Math.max(1, Math.floor(PIECE / wanted.reduce((sum, { channels }) => sum + channels!, 0)));
    // Slowest axes first, so that a piece is one part of each channel.
    finished.finish(pieces({ start: window.map(() => 0), size: window }, most, [...window.keys()]));
    finished.store(sample);
  };

  for (let from = 0; from < samples.length; from += layout.maxBatch) {
    context.throwIfCancelled();
    const part = bound.slice(from, from + layout.maxBatch);
    const request: InferRequest = {
      model: spec.name,
      version,
      inputs: inputs.map((_, n) => stacked(part.map((tensors) => tensors[n]), clock)), // prettier-ignore
      outputs: wanted.map((output) => wantedOutput(output, layout, window, part.length)),
      receive(readers) {
        for (const item of part.keys()) {
          const sample = samples[from + item];
          if (applied > 0) inPieces(readers, item, sample);
          else
            clock.measureNow('window', () =>
              wanted.forEach((output) => whole(output, readers.get(output.tensor)!, item, part.length, sample)),
            );
        }
      },
      inTurn: (call) => clock.measure('triton', call),
      requestId,
      signal: context.signal,
    };
    await context.infer(request);
  }
  return applied;
}
