import { z } from 'zod';

/*
 * Values as real configs write them: NVIDIA's documentation has booleans in quotes, protobuf's JSON form has 64-bit integers in quotes. The
 * message of each schema is what a finding shows as "expected".
 */

const fromNumberText = (value: unknown) =>
  typeof value === 'string' && /^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$/.test(value) ? Number(value) : value;

function fromFlagText(value: unknown): unknown {
  if (value === 0 || value === 1) return value === 1;
  if (typeof value !== 'string') return value;
  const text = value.trim().toLowerCase();
  return text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : value;
}

export const flag = z.preprocess(fromFlagText, z.boolean({ error: 'true or false' }));

export const number = z.preprocess(fromNumberText, z.number({ error: 'a number' }));

export const integer = z.preprocess(fromNumberText, z.int({ error: 'a whole number' }));

function atLeast(least: number) {
  const error = `a whole number of at least ${least}`;
  return z.preprocess(fromNumberText, z.int({ error }).min(least, { error }));
}

export const count = atLeast(1);

/** 0 means "no batch axis" to Triton. */
export const batchLimit = atLeast(0);

export const text = z.string({ error: 'a text' });

const notEmpty = { error: 'a text that is not empty' };
export const nonEmptyText = z.string(notEmpty).min(1, notEmpty);

/** A part that may be left out or written as `null`, which Clara's own dumps do. */
export function optional<S extends z.ZodType>(schema: S) {
  return schema.nullish().transform((value) => value ?? undefined);
}

/** `{ field: node }` and `{ node: field }`. */
export const nameMap = z.record(z.string(), nonEmptyText, { error: 'an object of names' });

const shapeFormats = 'DHW DHWC CDHW NDHW NDHWC NCDHW HW HWC CHW NHW NHWC NCHW'.split(' ') as [string, ...string[]];

/** `inference.image_format`: what the image's axes are where no pre-transform says so, as one of Clara's shape formats. */
export const imageFormat = optional(
  z.preprocess(
    (value) => (typeof value === 'string' ? value.toUpperCase() : value),
    z.enum(shapeFormats, { error: `one of ${shapeFormats.join(', ')}` }),
  ),
);
