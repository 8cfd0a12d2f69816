import type { Segment } from '../../../imaging/formats/dicom/segmentation/segments';
import type { ModelSpec } from '../../../models/model-spec';

const TISSUE = { value: '85756007', scheme: 'SCT', meaning: 'Tissue' };

/** Colours by which neighbours are told apart; the first come first. */
const COLOURS = [[220, 60, 50], [60, 160, 75], [70, 110, 220], [240, 190, 40], [150, 70, 190], [60, 190, 200]] as const; // prettier-ignore

/** What the labels of a model's masks mean: label 1 is the model's first one that is not the background. */
export function segmentNamer({ labels }: Pick<ModelSpec, 'labels'>): (label: number) => Segment {
  const names = /^background$/i.test(labels[0] ?? '') ? labels.slice(1) : labels;
  return (value) => ({
    value,
    name: names[value - 1] ?? `Segment ${value}`,
    category: TISSUE,
    type: TISSUE,
    colour: COLOURS[(value - 1) % COLOURS.length],
  });
}
