import type { z } from 'zod';

/** The parts of zod's schemas that tell the arguments of a transform. */
export interface SchemaParts {
  shape?: Record<string, unknown>;
  def?: { type?: string; innerType?: SchemaParts; in?: SchemaParts; out?: SchemaParts; catchall?: SchemaParts };
}

/** The argument names of an object schema, also behind defaults and conversions; undefined when they cannot be told. */
export function argumentNames(schema: SchemaParts): string[] | undefined {
  const shape = shapeOf(schema);
  return shape && Object.keys(shape);
}

/** True for `z.object`, which drops unknown keys without a word; `z.strictObject` reports them itself. */
export const ignoresStrangers = ({ shape, def }: SchemaParts) => shape !== undefined && def?.catchall === undefined;

/** True for an argument that is taken and changes no number: whatever is written there, it need not be understood. */
export function ignoresArgument(schema: SchemaParts, name: string): boolean {
  const argument = shapeOf(schema)?.[name] as z.ZodType | undefined;
  return argument?.meta()?.withoutEffect !== undefined;
}

function shapeOf(schema: SchemaParts | undefined): Record<string, unknown> | undefined {
  if (!schema || schema.shape) return schema?.shape;
  const { innerType, in: before, out: after } = schema.def ?? {};
  return innerType || before || after
    ? shapeOf(innerType ?? (before?.def?.type === 'transform' ? after : before))
    : undefined;
}
