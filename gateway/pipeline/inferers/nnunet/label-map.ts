import { allocate } from '../../../arena';
import { sizeOf } from '../../../imaging/volume';
import type { NnunetNetwork } from '../../../model-spec';
import type { NnunetGrid } from '../../../transforms/nnunet/preprocess';
import type { NetworkScores } from './network-scores';

/** The greatest logit whose sigmoid in float32 is 0.5. */
const EVEN = 1.5 * 2 ** -24;

/** Labels of the whole image, put in plane by plane of its part that is not zero; 0 elsewhere. */
export class LabelMap {
  /** In the order of the file: X fastest. */
  readonly data: Uint8Array | Uint16Array;
  /** Room for the labels of one plane. */
  readonly plane: Uint8Array | Uint16Array;
  private readonly strides: number[];

  constructor(
    { heads, regions }: NnunetNetwork,
    private readonly grid: NnunetGrid,
  ) {
    const { full, box, letters } = grid;
    const highest = regions ? Math.max(...regions) : heads - 1;
    const type = highest < 256 ? Uint8Array : Uint16Array;
    this.data = type === Uint8Array ? allocate(Uint8Array, sizeOf(full)) : allocate(Uint16Array, sizeOf(full));
    const along = (letter: string) => full[letters.findIndex((one) => one === letter)];
    const inFile = { X: 1, Y: along('X'), Z: along('X') * along('Y') };
    this.strides = letters.map((letter) => inFile[letter]);
    this.plane = new type(box.size[1] * box.size[2]);
  }

  /** Stores `plane` as number k of the box. */
  put(k: number): void {
    const { data, plane, strides } = this;
    const { start, size } = this.grid.box;
    const [sz, sy, sx] = strides;
    const first = (start[0] + k) * sz + start[1] * sy + start[2] * sx;
    for (let y = 0, from = 0; y < size[1]; y++)
      for (let x = 0, at = first + y * sy; x < size[2]; x++, at += sx) data[at] = plane[from++];
  }
}

/**
 * Makes labels of the scores of one network as they become ready: the head with the highest score (of equals the first), or regions one over the other.
 * Neither scores of the whole image nor resampled ones of more than a plane exist.
 */
export async function labelsOf(scores: NetworkScores, windowsDone: (count: number) => void): Promise<LabelMap> {
  const { network, grid, clock } = scores;
  const map = new LabelMap(network, grid);
  const { plane } = map;
  const ofRegion = new Float32Array(network.regions ? plane.length : 0);
  for await (const k of scores.planes(windowsDone))
    clock.measureNow('window', () => {
      if (network.regions) {
        plane.fill(0);
        network.regions.forEach((label, head) => {
          scores.make(k, head, ofRegion);
          for (let i = 0; i < plane.length; i++) if (ofRegion[i] > EVEN) plane[i] = label;
        });
      } else scores.label(k, plane);
      map.put(k);
    });
  return map;
}
