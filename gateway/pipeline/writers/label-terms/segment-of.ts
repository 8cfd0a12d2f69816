import type { Rgb } from '../../../imaging/formats/dicom/segmentation/lab-colour';
import type { Segment } from '../../../imaging/formats/dicom/segmentation/segments';
import type { ModelSpec } from '../../../model-spec';
import { TISSUE, termsOfName } from './terms-of-name';

/** Colours by which neighbours are told apart; the first come first. */
const COLOURS: readonly Rgb[] = [[220, 60, 50], [60, 160, 75], [70, 110, 220], [240, 190, 40], [150, 70, 190], [60, 190, 200]]; // prettier-ignore

/**
 * What the labels of a model's masks mean: label 1 is the model's first one that is not the background. Codes and colours are those of the config, else
 * codes come from the name.
 */
export function segmentNamer({ labels, labelTerms = [] }: Pick<ModelSpec, 'labels' | 'labelTerms'>): (label: number) => Segment {
  const first = /^background$/i.test(labels[0] ?? '') ? 1 : 0;
  return (value) => {
    const at = value - 1 + first;
    const name = labels[at] ?? `Segment ${value}`;
    const { code, category, color } = labelTerms[at] ?? {};
    const terms = termsOfName(name);
    const given = code ? { type: code, category: category ?? TISSUE } : { ...terms, category: category ?? terms.category };
    return { value, name, ...given, colour: color ?? COLOURS[(value - 1) % COLOURS.length] };
  };
} // prettier-ignore
