import { z } from 'zod';
import { defineTransform, type TransformDefinition } from '../definition';
import type { OwnTransformClass } from './own-transform';

/** A class of somebody's own as a transform; undefined when it is none. Its constructor checks the arguments. */
export function ownDefinition(name: string, value: unknown): TransformDefinition | undefined {
  if (!isTransformClass(value)) return undefined;
  const args = z.record(z.string(), z.unknown()).superRefine((given, context) => {
    try {
      new value(given);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      context.addIssue({ code: 'custom', message: `arguments that ${name} takes; it says: ${message}` });
    }
  });
  return defineTransform({
    name,
    dialect: 'own',
    args,
    summary: `The class ${name} of the workspace’s lib folder.`,
    source: 'docs/guides/own-transforms.md',
    readsParams: value.readsParams !== false,
    apply: (sample, checked) => new value(checked).apply(sample),
  }) as TransformDefinition;
}

function isTransformClass(value: unknown): value is OwnTransformClass {
  if (typeof value !== 'function') return false;
  const prototype = value.prototype as { apply?: unknown } | undefined;
  return typeof prototype?.apply === 'function';
}
