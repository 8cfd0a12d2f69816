import type { Code, Rgb, Segment } from '../../../imaging/formats/dicom/segmentation/segments';
import type { ModelSpec } from '../../../model-spec';
import { anatomy as structures, findings, fluids, tissues, type Term } from './terms';

/** The meaning of a label, in codes. */
export interface LabelTerms {
  category: Code;
  type: Code;
  /** Left or right. */
  modifier?: Code;
  /** Where a finding is. */
  region?: Code;
}

const sct = (value: string, meaning: string): Code => ({ value, scheme: 'SCT', meaning });

const TISSUE = sct('85756007', 'Tissue');
const SIDES: Record<string, Code> = { left: sct('7771000', 'Left'), right: sct('24028007', 'Right') };

/** Terms by name, with their category: the first table that has a name counts. */
const tables = (
  [
    [structures, sct('91723000', 'Anatomical Structure')],
    [tissues, TISSUE],
    [fluids, sct('91720002', 'Body Substance')],
    [findings, sct('49755003', 'Morphologically Abnormal Structure')],
  ] as const
).map(([terms, category]) => ({ category, terms: byName(terms) }));
const [anatomy, , , abnormal] = tables;

function byName(terms: readonly Term[]): ReadonlyMap<string, Code> {
  return new Map(terms.flatMap(([code, meaning, ...names]) => names.map((name) => [name.toLowerCase(), sct(code, meaning)])));
} // prettier-ignore

/**
 * The codes of a label by its name: `kidney_right`, `Left Kidney`, `Lung-upper-lobe-left`, `vertebrae_L5`, `liver tumor`. "Tissue" where the name is not
 * in the tables.
 */
export function termsOfName(label: string): LabelTerms {
  const { side, name } = sideAndName(label);
  const modifier = side && SIDES[side];
  const sided = side && anatomy.terms.get(`${side} ${name}`);
  if (sided) return { category: anatomy.category, type: sided };
  for (const { category, terms } of tables) {
    const type = known(terms, name);
    if (type) return { category, type, modifier };
  }
  const words = name.split(' ');
  const [last, place] = [words[words.length - 1], words.slice(0, -1).join(' ')];
  const [type, region] = [known(abnormal.terms, last), known(anatomy.terms, place)];
  return type && region ? { category: abnormal.category, type, modifier, region } : { category: TISSUE, type: TISSUE };
}

/** In the singular too. */
const known = (terms: ReadonlyMap<string, Code>, name: string) =>
  terms.get(name) ?? (name.endsWith('s') ? terms.get(name.slice(0, -1)) : undefined);

/** `L` and `R` mean a side at the end or the beginning only. */
function sideAndName(label: string): { side?: 'left' | 'right'; name: string } {
  const words = label
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
  const isSide = (word: string, at: number) =>
    /^(left|right)$/.test(word) || (/^[lr]$/.test(word) && words.length > 1 && (at === 0 || at === words.length - 1));
  const at = words.findIndex(isSide);
  if (at < 0) return { name: words.join(' ') };
  return { side: words[at].startsWith('l') ? 'left' : 'right', name: words.toSpliced(at, 1).join(' ') };
}

/** Colours by which neighbours are told apart; the first come first. */
const COLOURS: readonly Rgb[] = [[220, 60, 50], [60, 160, 75], [70, 110, 220], [240, 190, 40], [150, 70, 190], [60, 190, 200]]; // prettier-ignore

/**
 * The meanings of the labels of a model's masks: label 1 is the model's first one that is not the background. Codes and colours are those of the config, else
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
