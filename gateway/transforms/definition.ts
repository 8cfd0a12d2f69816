import type { z } from 'zod';
import type { NiftiUnits } from '../imaging/formats/nifti/geometry';
import type { Affine, Volume } from '../imaging/volume';
import { AIAA_MONAI, monaiHas, type MonaiChange, type MonaiVersion } from './monai-version';
import type { Sample } from './sample';

export interface TransformOptions {
  /** How resampling transforms of Clara 3.x place voxels; a server setting. */
  resampling: 'half-pixel' | 'align-corners' | 'monai';
  /** How lengths in NIfTI headers are read; a server setting. @default convert */
  niftiUnits?: NiftiUnits;
  /** Which MONAI a config was written for: `monaiHas` answers what that means. @default 0.8.1, that of AIAA 4 */
  monai?: MonaiVersion;
  /** True for the chains of bundles, whose pictures have their columns first. @default false */
  bundle?: boolean;
  /** The loader may give an image whose voxels still come: the next step that looks at them waits for each. @default false */
  whileRead?: boolean;
}

export interface PlannedGrid {
  lengths: readonly number[];
  affine?: Affine;
  /** Bytes that are taken besides the image and its result. @default 0 */
  work?: number;
}

/** One operation a config can name. */
export interface TransformDefinition<Args = unknown> {
  /** The name shown in documents and errors, for example `ScaleIntensityRange`. */
  name: string;
  /** Other names that mean the same, without module prefix (`XD`/`XDict` forms are derived). */
  aliases?: readonly string[];
  /** Which family it belongs to: Clara's act on `fields`, MONAI's and AIAA's on `keys`. */
  dialect: 'clara' | 'monai' | 'aiaa' | 'own';
  /** Its arguments; unknown ones are refused when the config is read. */
  args: z.ZodType<Args>;
  /** One sentence for the reference documentation. */
  summary: string;
  /** Arguments for its example in the reference documentation, beside the field that it works on. @default none, where none are required */
  example?: Readonly<Record<string, unknown>>;
  /** Where the numbers come from: a reference implementation, or a choice of the reference documentation. */
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
   * True when, with these arguments, each voxel of a result comes from the channels of that voxel of the same image alone, for any part of
   * the image; nothing but `images` is read or changed, and `apply` returns at once. Such steps may be given an image piece by piece.
   */
  voxelWise?(args: Args): boolean;
  /** True when its voxels lie in memory as they did: also alone it is given its image in pieces, so that the result can take the image's place. */
  keepsLayout?: boolean;
  /**
   * What it does with an image whose voxels still come: `untouched`, it looks at none; `in order`, it waits for those that it looks at
   * (`comingIn`, `allVoxels`) and makes another image of them. @default it is given whole images alone
   */
  coming?: 'untouched' | 'in order';
  /**
   * The grid that it resamples an image to, for the statement of memory: lengths of the spatial axes in the order of the array, and the affine where
   * it changes. The volume has no voxels yet. @default that of the image
   */
  grid?(volume: Volume, args: Args, options: TransformOptions): PlannedGrid;
  /** Applies the operation to the sample, in place. Invertible ones push to `sample.history`. */
  apply(sample: Sample, args: Args, options: TransformOptions): void | Promise<void>;
  /** Undoes, on a volume of the same grid, what was recorded as `state`; `nearest` takes voxels instead of interpolating. */
  invert?(volume: Volume, state: unknown, nearest: boolean): Volume;
}

/** A writer named by a config: which field is written how. */
export interface WriterDefinition<Args = unknown> {
  name: string;
  aliases?: readonly string[];
  args: z.ZodType<Args>;
  summary: string;
  example?: Readonly<Record<string, unknown>>;
  source: string;
  /** True when it answers scores of classes, not an image. */
  classifies?: boolean;
}

/** The context of a step that changes images, beside an image and its arguments. */
export interface Step {
  sample: Sample;
  /** The field of the image, and its place among the fields of the step. */
  field: string;
  index: number;
  options: TransformOptions;
  /** Keeps what the inverse needs to know. */
  record(state: unknown): void;
  /** Whether the version of MONAI that the config was written for does so. */
  monaiHas(change: MonaiChange): boolean;
}

export interface ImageArguments {
  fields?: readonly string[];
  keys?: readonly string[];
  allow_missing_keys?: boolean;
}

/** The parts of a definition, but for its function. */
export type GivenDefinition<Args> = Omit<TransformDefinition<Args>, 'dialect' | 'apply' | 'source'> & {
  source?: string;
};
/** A step that makes a new image of each of its images. */
type Changing<Args> = GivenDefinition<Args> & { change(volume: Volume, args: Args, step: Step): Volume };
type Applying<Args> = GivenDefinition<Args> & Pick<TransformDefinition<Args>, 'apply'>;

const sources = { clara: 'Clara Train 3.1', monai: 'MONAI 0.8.1', aiaa: 'AIAA 4.1', own: '' };

/** Every transform of this server: a definition adds itself, when the registry imports its file. */
export const defined: TransformDefinition[] = [];

/** The inverses of steps by name, for `Invertd`. */
export const inverses = new Map<string, NonNullable<TransformDefinition['invert']>>();

/**
 * Defines the transforms of one dialect: either `apply` on the whole sample, or `change` for each image of `fields` or `keys`.
 *
 * @example
 * monai({
 *   name: 'AddOned',
 *   summary: 'Adds 1 to every value.',
 *   args: onKeys({}),
 *   voxelWise: () => true,
 *   change: (volume) => mapVoxels(volume, (data) => shift(data, 1)),
 * });
 */
function define(dialect: TransformDefinition['dialect']) {
  return <Args>(given: Applying<Args> | Changing<Args>): TransformDefinition<Args> => {
    if (given.invert) inverses.set(given.name, given.invert.bind(given));
    const apply = (sample: Sample, args: Args, options: TransformOptions) =>
      'apply' in given
        ? given.apply(sample, args, options)
        : changeImages(given.name, sample, args as ImageArguments, options, (volume, step) =>
            given.change(volume, args, step),
          );
    const definition = { source: sources[dialect], ...given, dialect, apply };
    if (dialect !== 'own') defined.push(definition as TransformDefinition);
    return definition;
  };
}

export const clara = define('clara');
export const monai = define('monai');
export const aiaa = define('aiaa');
export const own = define('own');

/** Makes a new image of each image of a step. @param transform its name, by which `Invertd` knows its inverse */
export function changeImages(
  transform: string,
  sample: Sample,
  args: ImageArguments,
  options: TransformOptions,
  change: (volume: Volume, step: Step) => Volume,
): void {
  for (const [index, field] of presentFields(sample, args)) {
    const step: Step = {
      sample,
      field,
      index,
      options,
      record: (state) => void sample.history.push({ transform, field, state }),
      monaiHas: (what) => monaiHas(options.monai ?? AIAA_MONAI, what),
    };
    sample.volumes.set(field, change(sample.volume(field), step));
  }
}

/** The fields of a step with their places; those without an image are left out when they may miss. */
export function presentFields(sample: Sample, args: ImageArguments): [index: number, field: string][] {
  const fields = [...(args.fields ?? args.keys ?? []).entries()];
  return args.allow_missing_keys ? fields.filter(([, field]) => sample.volumes.has(field)) : fields;
}

/** The fields of the images that a step reads and changes. */
export function imagesOf(
  definition: TransformDefinition | undefined,
  args: Record<string, unknown>,
): readonly string[] {
  return definition?.images?.(args) ?? ([args.fields ?? args.keys ?? []].flat() as string[]);
}

/** A line of a config that names a transform or a writer: with its {@link TransformDefinition.example}, on the usual field where it needs one. */
export function exampleOf({
  name,
  args,
  example = {},
}: Pick<TransformDefinition, 'name' | 'args' | 'example'>): object {
  const usual = [{}, { fields: 'image' }, { field: 'model' }, { keys: 'image' }].map((field) => ({
    ...field,
    ...example,
  }));
  const taken = usual.find((one) => args.safeParse(one).success);
  if (!taken) throw new Error(`the example of ${name} is not what it takes`);
  return { name, args: taken };
}
