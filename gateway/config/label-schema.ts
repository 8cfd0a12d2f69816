import { z } from 'zod';
import { nonEmptyText, optional } from './values';

const short = 'a text of 1 to 16 characters without backslash';
const long = 'a text of 1 to 64 characters without backslash';

/** Without control characters and backslashes, which separate values in DICOM. */
const dicomText = (most: number, error: string) =>
  z.string({ error }).refine((value) => [...value].length <= most && /^[^\p{Cc}\\]+$/u.test(value), { error });

const code = z
  .strictObject(
    {
      value: dicomText(16, short),
      scheme: dicomText(16, short).default('SCT'),
      meaning: dicomText(64, long),
    },
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
