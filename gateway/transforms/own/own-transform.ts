import { z } from 'zod';
import { own, type TransformDefinition } from '../definition';
import type { Sample } from '../sample';

export type { NumericArray, Volume, VolumeProperties } from '../../imaging/volume';
export type { Json, RequestParams, Sample } from '../sample';

/**
 * A transform that a model author brings: an instance of a class in `<workspace>/lib/<module>.mjs` (or `.js`), which a config names
 * `module.Class` (docs/guides/own-transforms.md).
 *
 * @example
 * export class Invert {
 *   constructor({ field }) { this.field = field; }
 *   apply(sample) {
 *     const volume = sample.volume(this.field);
 *     sample.volumes.set(this.field, { ...volume, data: volume.data.map((value) => -value) });
 *   }
 * }
 */
export interface OwnTransform {
  /**
   * Changes the sample in place: `sample.volume('image')` gives an image, `sample.volumes.set('image', …)` puts one back. The voxels of an image are a
   * copy for this transform alone, made when `data` is first read.
   */
  apply(sample: Sample): void | Promise<void>;
}

/** The class itself. */
export interface OwnTransformClass {
  /**
   * Called when a config is uploaded, to check the arguments, and again for each job.
   * @param args the config's `args`
   * @throws Error saying which argument is wrong; the upload is refused with that sentence
   */
  new (args: Record<string, unknown>): OwnTransform;
  /** False when `apply` does not look at `sample.params`: its outcome may then be kept between calls on one image. @default true */
  readsParams?: boolean;
}

/** A class of somebody's own as a transform; undefined when it is not one. Its constructor checks the arguments. */
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
  return own({
    name,
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
