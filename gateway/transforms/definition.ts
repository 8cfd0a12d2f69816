import type { z } from 'zod';
import type { NiftiUnits } from '../imaging/formats/nifti/units';
import type { Volume } from '../imaging/volume';
import type { MonaiVersion } from './monai-version';
import type { Sample } from './sample';

/** How resampling transforms of Clara 3.x read their target size (`transforms.md` §9 A1); a server setting. */
export interface TransformOptions {
  resampling: 'half-pixel' | 'align-corners' | 'monai';
  /** How lengths in NIfTI headers are read; a server setting. @default convert */
  niftiUnits?: NiftiUnits;
  /** Which MONAI a config was written for: `monaiHas` answers what that means. @default 0.8.1, that of AIAA 4 */
  monai?: MonaiVersion;
  /** True for the chains of bundles, whose pictures have their columns first. @default false */
  bundle?: boolean;
}

/** One operation a config can name. */
export interface TransformDefinition<Args = unknown> {
  /** The name shown in documents and errors, for example `ScaleIntensityRange`. */
  name: string;
  /** Other names that mean the same, without module prefix (`XD`/`XDict` forms are derived). */
  aliases?: readonly string[];
  /** Which family it belongs to: Clara names act on `fields`, MONAI names on `keys`. */
  dialect: 'clara' | 'monai' | 'aiaa' | 'own';
  /** Its arguments; unknown ones are refused when the config is read. */
  args: z.ZodType<Args>;
  /** One sentence for the reference documentation. */
  summary: string;
  /** Where the numbers come from: section of the specification, reference implementation. */
  source: string;
  /** `load`: it reads the request's files, or facts of them; `crop`: it cuts images to a part; `clicks`: it takes the request's clicks. */
  kind?: 'load' | 'crop' | 'clicks';
  /** True for a loader of pictures, which have two spatial axes. */
  flat?: boolean;
  /** Where it puts the channel axis. */
  channels?: 'first' | 'last';
  /** True when it reads the request's `params`: everything before it may be kept between calls on one image. */
  readsParams?: boolean;
  /** The fields of the images that it reads and changes. @default `fields` or `keys` of its arguments */
  images?(args: Args): readonly string[];
  /** The name under which it answers points of an image in `sample.result`. */
  yieldsPoints?(args: Args): string;
  /** Whether its images are labels where they were scores of channels. */
  yieldsLabels?(args: Args): boolean;
  /** Arguments with which it gives the slice that was asked for alone, not a volume that holds it. */
  slicewise?(args: Args): Args;
  /**
   * True when, with these arguments, each voxel of a result comes from the channels of that voxel of the same image alone, whatever part of
   * the image is given; images are those of `fields` or `keys`, nothing else is read or changed, and `apply` returns at once. Such steps may
   * be given an image piece by piece.
   */
  voxelWise?(args: Args): boolean;
  /** Applies the operation to the sample, in place. Invertible ones push to `sample.history`. */
  apply(sample: Sample, args: Args, options: TransformOptions): void | Promise<void>;
  /** Undoes, on a volume of the same grid, what `apply` recorded as `state`; `nearest` takes voxels instead of interpolating. */
  invert?(volume: Volume, state: unknown, nearest: boolean): Volume;
}

/** The fields of the images that a step reads and changes. */
export function imagesOf(
  definition: Pick<TransformDefinition, 'images'> | undefined,
  args: Record<string, unknown>,
): readonly string[] {
  return definition?.images?.(args) ?? ([args.fields ?? args.keys ?? []].flat() as string[]);
}

/** Keeps the type of the arguments between schema and function. */
export function defineTransform<Args>(definition: TransformDefinition<Args>): TransformDefinition<Args> {
  return definition;
}

/** A writer named by a config: which field is written how. */
export interface WriterDefinition<Args = unknown> {
  name: string;
  aliases?: readonly string[];
  args: z.ZodType<Args>;
  summary: string;
  source: string;
  /** True when it answers scores of classes, not an image. */
  classifies?: boolean;
}
