import { allocateUnset } from '../../../arena';
import { expFloat32 } from './exp-float32';
import type { NetworkScores } from './network-scores';

/** Where scores of a member are this far apart, so are its probabilities: their order is certain. */
const CLEAR = 2 ** -7;

/**
 * Labels of the mean probabilities of several networks, as nnU-Net 2.8 (`average_probabilities`): softmax of each voxel's scores, or the sigmoid of each region's,
 * in float32; their sum in the order of the networks, divided by how many these are; the first of the greatest, or regions above 0.5 one over the
 * other. Probabilities are computed only where the networks do not agree.
 */
export class AveragedLabels {
  /** Of the networks one after the other: the heads of a plane. */
  private readonly scores: Float32Array;
  private readonly heads: number;
  private readonly regions: readonly number[] | undefined;
  private readonly mean: Float32Array;
  private readonly own: Float32Array;

  /** @param area voxels of a plane */
  constructor(
    private readonly members: readonly NetworkScores[],
    private readonly area: number,
  ) {
    const [{ network }] = members;
    this.heads = network.heads;
    this.regions = network.regions;
    this.scores = allocateUnset(Float32Array, members.length * this.heads * area);
    this.mean = new Float32Array(this.heads);
    this.own = new Float32Array(this.heads);
  }

  /** Labels of plane k, which all networks have ready. */
  label(k: number, out: Uint8Array | Uint16Array): void {
    const { members, heads, area, scores } = this;
    members.forEach((member, m) => {
      for (let head = 0; head < heads; head++)
        member.make(k, head, scores.subarray((m * heads + head) * area, (m * heads + head + 1) * area));
    });
    if (this.regions) this.labelRegions(this.regions, out);
    else this.labelHeads(out);
  }

  private labelHeads(out: Uint8Array | Uint16Array): void {
    const { heads, area, scores } = this;
    const count = this.members.length;
    for (let i = 0; i < area; i++) {
      let agreed = -1;
      for (let m = 0; m < count && agreed > -2; m++) {
        let best = scores[m * heads * area + i];
        let second = -Infinity;
        let at = 0;
        for (let head = 1; head < heads; head++) {
          const score = scores[(m * heads + head) * area + i];
          if (score > best) {
            second = best;
            best = score;
            at = head;
          } else if (score > second) second = score;
        }
        agreed = best - second > CLEAR && (m === 0 || agreed === at) ? at : -2;
      }
      out[i] = agreed >= 0 ? agreed : this.headOf(i);
    }
  }

  private headOf(i: number): number {
    const { heads, area, scores, mean, own } = this;
    const count = this.members.length;
    for (let m = 0; m < count; m++) {
      let best = -Infinity;
      for (let head = 0; head < heads; head++) {
        own[head] = scores[(m * heads + head) * area + i];
        if (own[head] > best) best = own[head];
      }
      let sum = 0;
      for (let head = 0; head < heads; head++) {
        own[head] = expFloat32(Math.fround(own[head] - best));
        sum = Math.fround(sum + own[head]);
      }
      for (let head = 0; head < heads; head++) {
        own[head] /= sum;
        mean[head] = m === 0 ? own[head] : mean[head] + own[head];
      }
    }
    let best = 0;
    for (let head = 0; head < heads; head++) {
      mean[head] /= count;
      if (mean[head] > mean[best]) best = head;
    }
    return best;
  }

  private labelRegions(regions: readonly number[], out: Uint8Array | Uint16Array): void {
    const { heads, area, scores } = this;
    const count = this.members.length;
    out.fill(0);
    regions.forEach((label, head) => {
      for (let i = 0; i < area; i++) {
        let above = 0;
        let below = 0;
        for (let m = 0; m < count; m++) {
          const score = scores[(m * heads + head) * area + i];
          if (score > CLEAR) above++;
          else if (score < -CLEAR) below++;
        }
        if (above === count || (below < count && this.meanOf(head, i) > 0.5)) out[i] = label;
      }
    });
  }

  private meanOf(head: number, i: number): number {
    const { heads, area, scores, members } = this;
    let sum = 0;
    for (let m = 0; m < members.length; m++) {
      const power = expFloat32(-scores[(m * heads + head) * area + i]);
      const probability = Math.fround(1 / Math.fround(1 + power));
      sum = m === 0 ? probability : Math.fround(sum + probability);
    }
    return Math.fround(sum / members.length);
  }
}
