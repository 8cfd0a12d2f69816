import type { Sample } from '../sample';

export type { NumericArray, Volume, VolumeProperties } from '../../imaging/volume';
export type { Json, RequestParams, Sample } from '../sample';

/**
 * A transform that a model author brings: an instance of a class in `<workspace>/lib/<module>.mjs` (or `.js`), which a config names
 * `module.Class` (docs/guides/own-transforms.md).
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
