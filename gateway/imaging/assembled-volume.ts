import { copyInto, viewOf } from './ops/crop/boxes';
import { sizeOf, type Axes, type NumericArray, type Volume } from './volume';
import { allocateUnset } from '../arena';

/** Where the voxels of a gapless volume lie: a stride per axis. */
export type MemoryOrder = (axes: Axes, shape: readonly number[]) => number[];

/** A volume put together from pieces, which all have one voxel type and one number of channels: those of the first. */
export class AssembledVolume {
  private volume: Volume | undefined;

  /**
   * @param lengths spatial shape of the whole, in the order of the pieces' axes
   * @param stridesOf where its voxels lie
   * @param place a volume whose voxels may be written over where the whole has its axes, shape and type
   */
  constructor(
    private readonly lengths: readonly number[],
    private readonly stridesOf: MemoryOrder,
    private readonly place?: Volume,
  ) {}

  /** @param start spatial place of the piece's first voxel */
  put(piece: Volume, start: readonly number[]): void {
    const whole = (this.volume ??= this.allocateLike(piece));
    const place = this.withChannels(piece, start, 0);
    copyInto(piece, viewOf(whole, { start: place, size: piece.shape }));
  }

  /** The whole, when all pieces have been put. */
  get whole(): Volume {
    return this.volume!;
  }

  private allocateLike(piece: Volume): Volume {
    const channels = piece.shape[piece.axes.indexOf('C')] ?? 1;
    const shape = this.withChannels(piece, this.lengths, channels);
    const { place } = this;
    const isAlike = place?.axes === piece.axes && place.data.constructor === piece.data.constructor;
    if (isAlike && place.shape.every((length, d) => length === shape[d]))
      return { ...piece, data: place.data, shape, strides: place.strides };
    const type = piece.data.constructor as Parameters<typeof allocateUnset<NumericArray>>[0];
    return { ...piece, data: allocateUnset(type, sizeOf(shape)), shape, strides: this.stridesOf(piece.axes, shape) };
  }

  private withChannels({ axes }: Volume, spatial: readonly number[], ofChannel: number): number[] {
    const axis = axes.indexOf('C');
    return axis < 0 ? [...spatial] : spatial.toSpliced(axis, 0, ofChannel);
  }
}
