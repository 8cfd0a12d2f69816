import type { DataSet } from '../file/data-set';
import { tags } from '../file/tags';
import type { FrameScopes } from './frame';

type Read = (set: DataSet) => string;
const text = (tag: number) => (set: DataSet) => set.text(tag);
const double = (tag: number) => (set: DataSet) => set.f64s(tag).join('\\');
const counted = (tag: number) => (set: DataSet) => String(set.u32(tag) ?? set.u16(tag) ?? '');

const [FRAME_CONTENT, TEMPORAL_POSITION, MR_DIFFUSION, GRADIENT_DIRECTION] = [0x00209111, 0x00209310, 0x00189117, 0x00189076]; // prettier-ignore
const gradient = double(0x00189089);

/** Elements that tell images of one place apart, most telling first: in the object itself. */
const OF_OBJECTS: readonly [string, Read][] = [
  ['Temporal Position Identifier', text(0x00200100)],
  ['Echo Time', text(0x00180081)],
  ['Diffusion b-value', double(0x00189087)],
  ['Diffusion Gradient Orientation', gradient],
  ['Trigger Time', text(0x00181060)],
  ['Frame Reference Time', text(tags.frameReferenceTime)],
  ['Inversion Time', text(0x00180082)],
  ['Repetition Time', text(0x00180080)],
  ['Flip Angle', text(0x00181314)],
  ['KVP', text(0x00180060)],
  ['Convolution Kernel', text(0x00181210)],
  ['Acquisition Number', text(0x00200012)],
  ['Image Type', text(tags.imageType)],
  ['Acquisition Time', text(0x00080032)],
  ['Content Time', text(0x00080033)],
];

/** The same in functional groups: sequence and element. */
const OF_FRAMES: readonly [string, number, Read][] = [
  ['Stack ID', FRAME_CONTENT, text(0x00209056)],
  ['Temporal Position Index', FRAME_CONTENT, counted(0x00209128)],
  ['Temporal Position Time Offset', TEMPORAL_POSITION, double(0x0020930d)],
  ['Effective Echo Time', 0x00189114, double(0x00189082)],
  ['Diffusion b-value', MR_DIFFUSION, double(0x00189087)],
  ['Diffusion Gradient Orientation', MR_DIFFUSION, (set) => set.items(GRADIENT_DIRECTION).map(gradient).join()],
  ['Nominal Cardiac Trigger Delay Time', 0x00189118, double(0x00209153)],
  ['Frame Acquisition Number', FRAME_CONTENT, counted(0x00209156)],
  ...([0x00189226, 0x00189329, 0x00189751] as const) // of MR, CT and PET
    .map((group): [string, number, Read] => ['Frame Type', group, text(0x00089007)]),
];

/** Facts of a frame that may differ from those of another one at its place. */
export function traitsOf({ frame, shared, object }: FrameScopes): ReadonlyMap<string, string> {
  const traits = new Map<string, string>();
  const add = (name: string, value: string) => value !== '' && !traits.has(name) && traits.set(name, value);
  for (const [name, group, read] of OF_FRAMES)
    for (const set of [frame, shared]) for (const item of set?.items(group).slice(0, 1) ?? []) add(name, read(item));
  for (const [name, read] of OF_OBJECTS) add(name, read(object));
  return traits;
}
