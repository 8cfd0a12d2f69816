import { addressOf, leadsTo } from '../arena';
import type { ComingVoxels } from '../imaging/formats/coming-voxels';
import type { Volume } from '../imaging/volume';
import { say, type Said, SaidError, type Sentence, sentenceFor } from '../sentence';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Parameters of one request: the client's `params` object, parsed. */
export type RequestParams = Record<string, Json>;

/** An uploaded file: where it lies and what the client called it. */
export interface SampleFile {
  path: string;
  name: string;
  /** True for a NIfTI file that was made here of an image of another format. @default false */
  converted?: boolean;
}

/** A step that was applied and can be undone: what it was and what its inverse needs. */
export interface AppliedStep {
  transform: string;
  field: string;
  /** All that the step's own inverse needs; geometry is never derived a second time. */
  state: unknown;
}

/** Most sentences that a result carries: a series can have one for each of thousands of files. */
const MOST_WARNINGS = 100;

/** The data that a chain of transforms works on: Clara's TransformContext and MONAI's dictionary are both this. */
export class Sample {
  /** Images by field name (`image`, `model`, `pred`, ...). */
  readonly volumes = new Map<string, Volume>();
  /** Values that are not images (guidance clicks, slice index, ...). */
  readonly values = new Map<string, unknown>();
  /** JSON that goes back to the client in the part `params`. */
  readonly result: Record<string, Json> = {};
  /** The voxels of its image that another thread still reads. */
  coming?: ComingVoxels;
  /** Invertible steps in the order they were applied. */
  readonly history: AppliedStep[] = [];
  /** Warnings for the user of a job that goes on, one sentence each; shared by all branches. */
  private warnings = new Map<string, Sentence>();
  /** All samples of the request whose images may still be read, this one among them. */
  relatives = new Set<Sample>([this]);

  constructor(
    /** The uploaded files by field name: what loaders read. Several for one field are its channels. */
    readonly files: ReadonlyMap<string, readonly SampleFile[]>,
    readonly params: RequestParams,
  ) {}

  /**
   * A copy with some params changed that shares the images: what is put into one does not show in the other. The other params are still those of
   * the request, so that reading them counts there (`ParamsRead`).
   */
  branch(changes: RequestParams): Sample {
    const copy = new Sample(this.files, Object.assign(Object.create(this.params) as RequestParams, changes));
    this.volumes.forEach((volume, field) => copy.volumes.set(field, volume));
    this.values.forEach((value, name) => copy.values.set(name, value));
    copy.history.push(...this.history);
    Object.assign(copy.result, this.result);
    copy.join(this);
    return copy;
  }

  /** The same request from its files on, without images: what is told of it goes to the same user. */
  anew(files: Sample['files']): Sample {
    const copy = new Sample(files, this.params);
    copy.join(this);
    return copy;
  }

  private join({ warnings, relatives }: Sample): void {
    this.warnings = warnings;
    this.relatives = relatives.add(this);
  }

  /** Everything in it that may lead to voxels. */
  get holds(): unknown[] {
    return [this.volumes, this.values, this.result, this.history];
  }

  /** Settles when all voxels of its images are there, in float32. @throws ImageError */
  async whole(): Promise<void> {
    const { coming } = this;
    if (!coming) return;
    this.coming = undefined;
    for (const warning of await coming.settled()) this.warn(warning);
    for (const [field, volume] of this.volumes)
      if (coming.holds(volume.data)) this.volumes.set(field, coming.real(volume));
  }

  /** Whether the voxels of an image lie in the arena and nothing else of the request holds them: they may be written over. */
  holdsAlone(field: string): boolean {
    const { data, properties } = this.volume(field);
    const others = [...this.relatives].filter((other) => other !== this).map(({ holds }) => holds);
    const fields = [...this.volumes].filter(([name]) => name !== field);
    return addressOf(data) !== undefined && !leadsTo([others, fields, properties, this.values, this.result, this.history], data);
  } // prettier-ignore

  /** Nobody reads its images any more. */
  leave(): void {
    this.relatives.delete(this);
  }

  /**
   * Tells the user something that does not stop the job: one sentence, which reaches the reply's `X-AIAA-Warnings`, the job and the log.
   */
  warn(said: Said): void {
    const sentence = sentenceFor(said);
    this.warnings.set(sentence.text, sentence);
  }

  /** The warnings until now, each once, in the order they came: the first hundred, and how many more. */
  get warned(): Sentence[] {
    const all = [...this.warnings.values()];
    if (all.length <= MOST_WARNINGS) return all;
    return [...all.slice(0, MOST_WARNINGS), say`${all.length - MOST_WARNINGS} more warnings are not listed.`];
  }

  /** The image in `field`. @throws Error naming the fields there are */
  volume(field: string): Volume {
    const volume = this.volumes.get(field);
    if (volume) return volume;
    const known = [...this.volumes.keys()].join(', ') || 'none';
    throw new Error(`there is no image in the field "${field}" (fields with an image: ${known})`);
  }
}

/** The request's own `params` are wrong (not the model, not the image): answered with status 400. */
export class RequestError extends SaidError {
  override readonly name = 'RequestError';
}
