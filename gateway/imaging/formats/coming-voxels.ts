import { allocateUnset } from '../../arena';
import { ImageError } from '../image-error';
import type { NumericArray, Volume } from '../volume';
import { Sentence } from '../../sentence';
import { announceImage } from './announced-image';
import { arrivingAt } from './arriving-file';
import { newCount, waitUntilCome, wantNoMore } from './coming-count';
import { poolOfThread } from './dicom/frames/decode-into';
import type { Outcome } from './dicom/frames/pool/decode-pool';
import { warningsOf, type ImagePlan } from './image-plan';
import { writeRealValues } from './real-values';
import { bytesOf, valuesIn } from './value-types';

/** Fewer bytes are read before another thread has begun. */
const LEAST_BYTES = 2 << 20;
/** float32 holds all their values, and none is beyond 2^16. */
const SMALL_TYPES: readonly string[] = ['int8', 'uint8', 'int16', 'uint16'];
const MOST_STORED = 1 << 16;
const ENCODINGS: readonly string[] = ['raw', 'gzip', 'zlib'];

/** Of this thread: whether there is another one to read, and what throws when its job is not to go on. */
let isLent = false;
let lookUp: () => void = () => undefined;
/** One image at a time. */
let coming: ComingVoxels | undefined;

/** @param lent another thread may read for the next job @param look is called while this thread waits for it: it may throw */
export function readBeside(lent: boolean, look: () => void = () => undefined): void {
  isLent = lent;
  lookUp = look;
}

/** The voxels of an image as the file stores them, in the array to which another thread writes them, from the first one on. */
export class ComingVoxels {
  private readonly count = newCount();
  private readonly outcome: Promise<Outcome>;
  private readonly target: Uint8Array;
  readonly data: NumericArray;

  private constructor(private readonly plan: ImagePlan) {
    const { source, type, bytes, littleEndian } = plan;
    this.target = allocateUnset(Uint8Array, bytes);
    this.data = valuesIn(this.target, type, littleEndian, source.name);
    const arriving = arrivingAt(source.path);
    const { target, count } = this;
    const { mostBytes, shared } = arriving ?? {};
    const file = shared && { mostBytes: mostBytes!, shared };
    this.outcome = poolOfThread()!.run({ source, type, target, count, arriving: file });
  }

  /** Undefined where this thread reads the image itself: no other one is free, or its voxels are to be looked at when all are there. */
  static async of(plan: ImagePlan): Promise<ComingVoxels | undefined> {
    const { source, type, bytes, slope, intercept, littleEndian, volume } = plan;
    // None becomes infinite, so that nothing is to be counted when all are there.
    const isFinite = Number.isFinite(Math.fround(Math.abs(slope) * MOST_STORED + Math.abs(intercept)));
    const isPlain = (littleEndian || bytesOf(type) === 1) && ENCODINGS.includes(source.encoding) && source.skip >= 0;
    if (
      !isLent ||
      !poolOfThread() ||
      coming ||
      bytes < LEAST_BYTES ||
      !SMALL_TYPES.includes(type) ||
      !isFinite ||
      !isPlain
    )
      return undefined;
    await announceImage({ volume, bytes: (bytes / bytesOf(type)) * Float32Array.BYTES_PER_ELEMENT });
    return (coming ??= new ComingVoxels(plan));
  }

  /** Its voxels are still to be made real: {@link scaling}. */
  get volume(): Volume {
    return { ...this.plan.volume, data: this.data };
  }

  /** A voxel is `stored * slope + intercept`, as float32; undefined where it is what is stored. */
  get scaling(): { slope: number; intercept: number } | undefined {
    const { slope, intercept } = this.plan;
    return slope === 1 && intercept === 0 ? undefined : { slope, intercept };
  }

  /** An image with voxels of this one, which are all there, with its real values in float32. */
  real(volume: Volume): Volume {
    const { slope, intercept } = this.plan;
    const data = allocateUnset(Float32Array, volume.data.length);
    writeRealValues(volume.data, slope, intercept, data, 0);
    return { ...volume, data };
  }

  /** Whether an array lies in this one. */
  holds({ buffer, byteOffset }: NumericArray): boolean {
    const { target } = this;
    return (
      buffer === target.buffer && byteOffset >= target.byteOffset && byteOffset < target.byteOffset + target.length
    );
  }

  /** Holds this thread until the elements of `part` before `end` are there. @throws when they do not come: {@link settled} says why */
  waitFor(part: NumericArray, end: number): void {
    const bytes = part.byteOffset - this.target.byteOffset + end * part.BYTES_PER_ELEMENT;
    const isThere = waitUntilCome(this.count, Math.min(bytes, this.target.length), lookUp);
    if (!isThere) throw new Error('the rest of the voxels cannot be read');
  }

  /** Settles when all is there, and nothing writes into the array any more. @returns warnings @throws ImageError */
  async settled(): Promise<readonly Sentence[]> {
    const outcome = await this.outcome;
    if (coming === this) coming = undefined;
    if (!outcome.ok) throw new ImageError(outcome.kind, Sentence.of(outcome.said));
    return warningsOf(this.plan, outcome.trailing ?? 0);
  }

  /** Settles when nothing writes into the array any more: nobody wants the rest. */
  async abandon(): Promise<void> {
    wantNoMore(this.count);
    await this.settled().catch(() => undefined);
  }
}

/** What is still being read for this thread ends. */
export const abandonVoxels = async (): Promise<void> => coming?.abandon();

/** The image whose voxels lie in an array, some of which may still come. */
export const comingIn = (data: NumericArray): ComingVoxels | undefined => (coming?.holds(data) ? coming : undefined);

/** The image in float32 when all of its voxels are there. @throws as {@link ComingVoxels.waitFor} */
export function allVoxels(volume: Volume): Volume {
  const found = comingIn(volume.data);
  if (!found) return volume;
  found.waitFor(volume.data, volume.data.length);
  return found.real(volume);
}
