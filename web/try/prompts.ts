import type { ModelEntry } from '../../gateway/contract/models';
import type { Mark, PointKind, Voxel } from './marks';

/** Input that a model wants besides the image. */
export interface Prompt {
  endpoint: 'segmentation' | 'dextr3d' | 'deepgrow' | 'inference';
  /** Kinds of points to click; none for models that need no help. */
  points: readonly PointKind[];
  /** Fewest points of the first kind. */
  least: number;
  says: string;
}

export function promptOf({ type, deepgrow }: ModelEntry): Prompt {
  if (type === 'annotation') {
    const says =
      'Click six points on the border of the organ: leftmost, rightmost, front, back, top and bottom. Then press Run.';
    return { endpoint: 'dextr3d', points: ['extreme'], least: 6, says };
  }
  if (type === 'deepgrow' || type === 'pipeline') {
    const where = deepgrow === '2D' ? ' The model answers for the slice of the last click.' : '';
    const says = `Click inside the organ; where the mask is too large, click outside.${where}`;
    return { endpoint: 'deepgrow', points: ['foreground', 'background'], least: 1, says };
  }
  const says = 'This model needs no clicks.';
  return { endpoint: type === 'segmentation' ? 'segmentation' : 'inference', points: [], least: 0, says };
}

/** The `params` of the call, as AIAA's clients send them: voxel indices of the image file. A 2-D model gets the points of one slice. */
export function paramsOf(model: ModelEntry, marks: readonly Mark[]): Record<string, Voxel[]> {
  const { points } = promptOf(model);
  const current = marks.at(-1);
  if (points.length === 0 || !current) return {};
  const sent = model.deepgrow === '2D' ? marks.filter(({ voxel }) => voxel[2] === current.voxel[2]) : marks;
  const of = (kind: PointKind) => sent.filter((mark) => mark.kind === kind).map(({ voxel }) => voxel);
  if (points[0] === 'extreme') return { points: of('extreme') };
  return { foreground: of('foreground'), background: of('background'), current_point: [current.voxel] };
}
