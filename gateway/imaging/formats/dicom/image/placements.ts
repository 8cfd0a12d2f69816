import { unreadable, unsupported } from '../../../image-error';
import { along, normalOf } from '../../vectors';
import type { DataSet } from '../file/data-set';
import { tags } from '../file/tags';
import type { FrameScopes, Placement } from './frame';
import { say } from '../../../../sentence';

/** SOP classes of projections: ITK takes the spacing at the detector before any other. */
const PROJECTIONS = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.(1(\.\d+)*|12\.[12]|12\.1\.1|12\.2\.1)$/;
/** Offsets of a dose grid in positions of the patient begin at the position itself, in mm. */
const SAME_PLACE = 1e-3;

/** Where frames lie, by functional groups, NM slice vector, dose offsets or the object's plane. @throws ImageError beyond slices of one volume */
export function placementsOf(object: DataSet, scopes: readonly FrameScopes[]): Placement[] {
  const spacing = object.vector(tags.pixelSpacing, 2);
  const isSingle = scopes.length === 1;
  if (!isSingle && object.text(tags.modality) === 'NM') return nuclearPlacements(object, scopes.length);
  const offsets = object.numbers(tags.gridFrameOffsets);
  if (!isSingle && offsets) return dosePlacements({ ...planeOf(object), spacing }, offsets, scopes.length);
  return scopes.map((scope) => ({
    ...(isSingle ? planeOf(object) : {}),
    orientation: object.vector(tags.orientation, 6),
    spacing: spacingOf(object),
    sliceSpacing: sliceSpacingOf(object),
    ...placementInGroups(scope),
  }));
}

/** Position and orientation of a plane, as an image or its functional group says them; empty without a position. */
function planeOf(set: DataSet): Placement {
  const position = set.vector(tags.position, 3);
  if (!position) return {};
  return { position, positionDigits: digitsOf(set.text(tags.position)), orientation: set.vector(tags.orientation, 6) };
}

function digitsOf(text: string): number {
  return Math.max(...text.split('\\').map((part) => (/e/i.test(part) ? 9 : (/\.(\d+)/.exec(part)?.[1].length ?? 0))));
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
  if (found && !found.every((value) => value > 0)) throw unreadable(say`its pixel spacing is ${found.join(' x ')} mm`);
  return found;
}

const sliceSpacingOf = (set: DataSet) => set.vector(tags.spacingBetweenSlices, 1)?.[0];

/** Dose planes (PS3.3 C.8.8.3.2) by offsets along the normal, or by z when the first is not 0. @throws ImageError without one offset per frame */
function dosePlacements(plane: Placement, offsets: readonly number[], frames: number): Placement[] {
  const { position, orientation } = plane;
  const [first] = offsets;
  if (offsets.length !== frames)
    throw unreadable(say`it has ${frames} frames, and a Grid Frame Offset Vector of ${offsets.length} values`);
  if (!position || !orientation) return offsets.map(() => ({ ...plane, position: undefined }));
  if (first !== 0 && Math.abs(first - position[2]) > SAME_PLACE) {
    const which = say`neither 0 nor z of its position, ${position[2]}`;
    throw unreadable(say`its Grid Frame Offset Vector begins with ${first}: ${which}`);
  }
  const normal = first !== 0 ? [0, 0, 1] : normalOf(orientation);
  return offsets.map((offset) => ({ ...plane, position: along(position, normal, offset - first) }));
}

/**
 * Frames of a reconstructed NM object (PS3.3 C.8.4.9, C.8.4.11, C.8.4.15): slice k lies k - 1 times the (perhaps negative) Spacing Between Slices from the
 * detector's position along the normal. @throws ImageError for projections, planar images and several energy windows, detectors, time slots, …
 */
function nuclearPlacements(object: DataSet, frames: number): Placement[] {
  const [, , kind = ''] = object.text(tags.imageType).split('\\');
  if (kind !== '' && !/RECON/.test(kind)) {
    const what = say`an NM object of ${frames} frames of the type ${kind.trim()}`;
    throw unsupported(say`it is ${what}: they are no slices of a volume`);
  }
  for (const [what, tag] of Object.entries(tags.vectors)) {
    const count = new Set(object.u16s(tag)).size;
    if (count > 1) throw unsupported(say`it is an NM object of ${count} ${what}; send one volume`);
  }
  const plane = planeOfDetectors(object);
  const spacing = object.vector(tags.pixelSpacing, 2);
  const step = sliceSpacingOf(object);
  const { position, orientation } = plane;
  if (!position || !orientation) return Array.from({ length: frames }, () => ({ spacing }));
  if (!step) {
    const missing = say`it has no Spacing Between Slices`;
    throw unsupported(say`it has ${frames} slices and does not say how far they lie apart: ${missing}`);
  }
  const normal = normalOf(orientation);
  return sliceNumbers(object, frames).map((slice) => ({
    ...plane,
    spacing,
    sliceSpacing: Math.abs(step),
    position: along(position, normal, (slice - 1) * step),
  }));
}

function planeOfDetectors(object: DataSet): Placement {
  const planes = object.items(tags.detectors).map(planeOf).filter(({ position }) => position); // prettier-ignore
  const places = new Set(planes.map(({ position, orientation }) => JSON.stringify([position, orientation])));
  if (places.size > 1)
    throw unsupported(say`it is an NM object of ${places.size} detectors that lie at different places`);
  return planes[0] ?? planeOf(object);
}

function sliceNumbers(object: DataSet, frames: number): number[] {
  const vector = object.u16s(tags.sliceVector);
  if (vector.length === 0) return Array.from({ length: frames }, (_, at) => at + 1);
  if (vector.length === frames && new Set(vector).size === frames && Math.max(...vector) === frames) return vector;
  const given = vector.slice(0, 12).join(', ');
  throw unreadable(say`its Slice Vector does not name each of ${frames} slices once: ${given}`);
}
