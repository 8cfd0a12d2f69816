import type { ModelSpec, NnunetMember, NnunetStage } from '../../../model-spec';

/** All networks of an ensemble: the first stage of a cascade before its second one. */
export const stagesOf = (members: readonly NnunetMember[]): NnunetStage[] =>
  members.flatMap((member) => (member.cascade ? [member.cascade.first, member] : [member]));

/** Channels of the image itself: the second stage of a cascade has more. */
const imageChannels = (stage: NnunetMember) => stage.channels - (stage.cascade?.labels.length ?? 0);

/** One of several networks as if it were the model: with its own preparation, windows and tensors. */
export function stageSpec(spec: ModelSpec, stage: NnunetStage): ModelSpec {
  const [input, output] = [spec.inference.inputs[0].tensor, spec.inference.outputs[0].tensor];
  const { patch, batchSize, folds, heads, prepare } = stage;
  return {
    ...spec,
    pre: [...spec.pre, prepare],
    inference: { ...spec.inference, inferer: { kind: 'nnunet', ...stage } },
    triton: {
      max_batch_size: batchSize,
      input: [{ name: input, data_type: 'TYPE_FP32', dims: [imageChannels(stage), ...patch] }],
      output: [{ name: output, data_type: 'TYPE_FP32', dims: [folds * heads, ...patch] }],
    },
  };
}
