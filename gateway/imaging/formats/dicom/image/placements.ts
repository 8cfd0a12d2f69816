import { ImageError } from '../../../image-error';
import type { DataSet } from '../file/data-set';
import { tags } from '../file/tags';
import type { Placement } from './frame';
import type { FrameScopes } from './scopes';
import { dosePlacements } from './dose';
import { nuclearPlacements } from './nuclear-medicine';
import { planeOf } from './plane';

/** SOP classes of projections: ITK takes the spacing at the detector before any other. */
const PROJECTIONS = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.(1(\.\d+)*|12\.[12]|12\.1\.1|12\.2\.1)$/;

/**
 * Where each frame lies: by the functional groups of enhanced objects, the detector and slice vector of nuclear medicine, the grid offsets of a
 * dose, or the object's own plane. Frames whose place nothing tells have no position.
 *
 * @throws ImageError for frames that are more than slices of one volume, by what they are
 */
export function placementsOf(object: DataSet, scopes: readonly FrameScopes[]): Placement[] {
  const spacing = object.vector(tags.pixelSpacing, 2);
  if (scopes.length > 1 && object.text(tags.modality) === 'NM') return nuclearPlacements(object, scopes.length);
  const offsets = object.numbers(tags.gridFrameOffsets);
  if (scopes.length > 1 && offsets) return dosePlacements({ ...planeOf(object), spacing }, offsets, scopes.length);
  return scopes.map((scope) => {
    const groups = placementInGroups(scope);
    const own = scopes.length === 1 ? planeOf(object) : {};
    return {
      ...own,
      orientation: object.vector(tags.orientation, 6),
      spacing: spacingOf(object),
      sliceSpacing: sliceSpacingOf(object),
      ...groups,
    };
  });
}

function placementInGroups({ frame, shared }: FrameScopes): Placement {
  const inGroup = (group: number) => [frame, shared].map((set) => set?.items(group)[0]).find((item) => item);
  const [plane, direction, measures] = [tags.planePosition, tags.planeOrientation, tags.pixelMeasures].map(inGroup);
  const found: Placement = {
    ...(plane ? planeOf(plane) : {}),
    orientation: direction?.vector(tags.orientation, 6),
    spacing: measures?.vector(tags.pixelSpacing, 2),
    sliceSpacing: measures && sliceSpacingOf(measures),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

function spacingOf(object: DataSet): number[] | undefined {
  const order = [tags.pixelSpacing, tags.imagerPixelSpacing, tags.scannedPixelSpacing, tags.imagePlanePixelSpacing];
  if (PROJECTIONS.test(object.text(tags.sopClass))) order.unshift(tags.imagerPixelSpacing);
  const found = order.map((tag) => object.vector(tag, 2)).find((values) => values !== undefined);
  if (found && !found.every((value) => value > 0))
    throw new ImageError('unreadable', `its pixel spacing is ${found.join(' x ')} mm`);
  return found;
}

function sliceSpacingOf(set: DataSet): number | undefined {
  return set.vector(tags.spacingBetweenSlices, 1)?.[0];
}
