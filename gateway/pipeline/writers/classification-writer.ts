import { channelCount, sizeOf } from '../../imaging/volume';
import type { Sample } from '../../transforms/sample';
import type { ClassificationArgs } from '../../transforms/writers';
import type { WriterTarget, Written } from './result-format';

/**
 * The scores in the field `image` as JSON, without a file: `prediction` lists the classes whose probability reaches the threshold, as MONAI
 * Label's `ClassificationWriter` does; `probabilities` has every class by its name. A class without a name is called by its number. Where the
 * chain made the number of the class of the scores (argmax), `prediction` is that class alone.
 *
 * @throws Error when there are no scores, or not one number per class
 */
export async function classificationWriter(
  sample: Sample,
  { image, label_names, activation, threshold }: ClassificationArgs,
  target: WriterTarget,
): Promise<Written> {
  const scores = scoresOf(sample, image);
  const names = label_names ?? target.labels ?? [];
  // After an argmax there is one number, that of the class.
  const chosen = scores.length === 1 && names.length > 1 ? names[scores[0]] : undefined;
  if (chosen !== undefined) return { json: { prediction: [chosen] } };
  if (names.length > 0 && names.length !== scores.length) {
    const given = `the network gives ${scores.length} scores in "${image}"`;
    throw new Error(`${given}, but there are ${names.length} labels: ${names.join(', ')}`);
  }
  const probabilities = activate(scores, activation).map((value, at) => [names[at] ?? String(at), value] as const);
  const prediction = probabilities.filter(([, value]) => value >= threshold).map(([name]) => name);
  return { json: { prediction, probabilities: Object.fromEntries(probabilities) } };
}

/** One number per class: a vector, or an image of one pixel with a channel per class. */
function scoresOf(sample: Sample, field: string): number[] {
  const value = sample.values.get(field);
  if (Array.isArray(value) && value.every((score) => typeof score === 'number')) return value;
  const volume = sample.volume(field);
  const channels = channelCount(volume);
  if (channels !== sizeOf(volume.shape)) {
    const shape = volume.shape.join(', ');
    throw new Error(`"${field}" is an image of shape [${shape}]; a classification is one number per class`);
  }
  return Array.from(volume.data.subarray(0, channels), Number);
}

function activate(scores: readonly number[], activation: ClassificationArgs['activation']): number[] {
  const bad = scores.findIndex((score) => !Number.isFinite(score));
  if (bad >= 0) throw new Error(`the network's score of class ${bad} is ${scores[bad]}`);
  if (activation === 'none') return [...scores];
  if (activation === 'sigmoid') return scores.map((score) => 1 / (1 + Math.exp(-score)));
  const highest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
