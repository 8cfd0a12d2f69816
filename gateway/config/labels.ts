import { z } from 'zod';
import type { LabelTerms, ModelSpec } from '../model-spec';
import { isRecord, type ConfigPath, type Findings } from './findings';
import { readSection } from './section';
import { nonEmptyText, optional } from './values';

const short = 'a text of 1 to 16 characters without backslash';
const long = 'a text of 1 to 64 characters without backslash';

/** Without control characters and backslashes, which separate values in DICOM. */
const dicomText = (most: number, error: string) =>
  z.string({ error }).refine((value) => [...value].length <= most && /^[^\p{Cc}\\]+$/u.test(value), { error });

const code = z
  .strictObject(
    { value: dicomText(16, short), scheme: dicomText(16, short).default('SCT'), meaning: dicomText(64, long) },
    { error: 'an object with value, scheme ("SCT" when left out) and meaning' },
  )
  .refine(({ value, scheme }) => scheme !== 'SCT' || /^\d{6,}$/.test(value), {
    error: 'a code whose value has digits only, as all of SNOMED CT (scheme "SCT")',
  });

const colour = 'three whole numbers from 0 to 255 (red, green, blue), or "#rrggbb"';
const part = z.int({ error: colour }).min(0, { error: colour }).max(255, { error: colour });
const color = z.union(
  [
    z.tuple([part, part, part]),
    z
      .string()
      .regex(/^#[0-9a-f]{6}$/i)
      .transform((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)) as [number, number, number]),
  ],
  { error: colour },
);

/** A label with what DICOM Segmentations say of it: SNOMED CT code (or one of another scheme), category (CID 7150) and colour. */
export const labelSchema = z.strictObject(
  { name: nonEmptyText, code: optional(code), category: optional(code), color: optional(color) },
  { error: 'a name, or an object with name, code, category and color' },
);

export type Labels = Pick<ModelSpec, 'labels' | 'labelTerms'>;

/** A label as the config has it: its name, or an object with the name and codes. */
type Written = { value: number; label: unknown; path: ConfigPath };

/**
 * The names of label values 1, 2, ...: a list of names, a map of values to names (a bundle's `channel_def`), or of names to values. A name may be an object
 * with the codes and the colour that DICOM Segmentations show, see {@link labelSchema}.
 * In a map, value 0 is left out when it is called background, or always where it is the `background` (the network's answer
 * goes through argmax); to a classifier it is a `class` like the others.
 */
export function readLabels(
  value: unknown,
  path: ConfigPath,
  findings: Findings,
  zero: 'background' | 'class' | 'by-name' = 'by-name',
): Labels {
  if (value === undefined || value === null) return { labels: [] };
  const written = Array.isArray(value) ? listed(value, path) : isRecord(value) ? mapped(value, path) : undefined;
  if (!written) {
    findings.add(path, value, 'a list of names, one for each label value from 1');
    return { labels: [] };
  }
  const read = written.map(({ value: index, label, path: place }) => ({ index, ...readLabel(label, place, findings) }));
  const kept = read
    .sort((a, b) => a.index - b.index)
    .filter(
      ({ index, name }) =>
        index !== 0 || zero === 'class' || (zero === 'by-name' && !/^(background|bg)$/i.test(name.trim())),
    );
  const labelTerms = kept.map(({ terms }) => terms ?? null);
  const labels = kept.map(({ name }) => name);
  return labelTerms.some((terms) => terms !== null) ? { labels, labelTerms } : { labels };
}

/** Undefined where it is not a list of labels. */
function listed(list: unknown[], path: ConfigPath): Written[] | undefined {
  const labels = list.every((label) => typeof label === 'string' || isRecord(label));
  return labels ? list.map((label, at) => ({ value: at + 1, label, path: [...path, at] })) : undefined;
}

function mapped(map: Record<string, unknown>, path: ConfigPath): Written[] | undefined {
  const entries = Object.entries(map);
  if (entries.every(([key, label]) => /^\d+$/.test(key) && (typeof label === 'string' || isRecord(label))))
    return entries.map(([key, label]) => ({ value: Number(key), label, path: [...path, key] }));
  if (entries.every(([, index]) => Number.isInteger(index)))
    return entries.map(([name, index]) => ({ value: index as number, label: name, path: [...path, name] }));
  return undefined;
}

function readLabel(label: unknown, path: ConfigPath, findings: Findings): { name: string; terms?: LabelTerms } {
  if (typeof label === 'string') return { name: label };
  const read = readSection(labelSchema, label, path, findings);
  if (!read) return { name: '' };
  const { name, ...terms } = read;
  return Object.values(terms).some((value) => value !== undefined) ? { name, terms } : { name };
}
