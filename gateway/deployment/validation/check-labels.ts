import type { TensorType } from '../../triton/tensor';
import type { ModelSpec } from '../../model-spec';

/** What clients need to find in the model's entry (`aiaa-api.md` §1 facts 11-12, §8.1). */
export function checkInfo({ type, info, labels }: ModelSpec): string[] {
  const warnings: string[] = [];
  const kind = String(info.deepgrow ?? '').toUpperCase();
  if (type === 'deepgrow' && kind !== '2D' && kind !== '3D')
    warnings.push(`Clients take this deepgrow model for a 2-D one; say which it is: "meta_data": {"deepgrow": "2D"} or "3D" in "inference" ("additional_info" in version 3)`); // prettier-ignore
  if ((type === 'segmentation' || type === 'annotation') && labels.length === 0)
    warnings.push(
      `"labels" is empty: Slicer, OHIF and MITK make their segments from it; name what the values 1, 2, … of the mask mean`,
    );
  return warnings;
}

/**
 * Compares the channels a model gives with the labels of its config: one per label, one more for the background, or a single one.
 * @param input shape of the tensor that went in
 */
export function checkLabels(
  { type, labels }: ModelSpec,
  input: readonly number[],
  outputs: readonly (TensorType & { name: string })[],
): string[] {
  const [output] = outputs;
  if (!output || labels.length === 0) return [];
  const channels = type === 'classification' ? output.shape.at(-1) : channelsOf(output.shape, input);
  if (channels === undefined || channels === labels.length || channels === labels.length + 1 || channels === 1)
    return [];
  const what = labels.length === 1 ? '1 label' : `${labels.length} labels`;
  return [
    `"labels" has ${what}, but "${output.name}" has ${channels} channels; expected ${labels.length}, or ${labels.length + 1} with the background`,
  ];
}

/** The axis that is no image axis: right behind the batch, or the last. Undefined where neither fits. */
function channelsOf(output: readonly number[], input: readonly number[]): number | undefined {
  if (output.length !== input.length) return undefined;
  const sameBut = (axis: number) => output.every((length, at) => at === axis || length === input[at]);
  const places = [1, 0, output.length - 1].filter((axis) => axis < output.length && sameBut(axis));
  return places.length > 0 ? output[places[0]] : undefined;
}
