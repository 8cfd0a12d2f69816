import type { DataSet } from '../file/data-set';
import { tags } from '../file/tags';
import type { FrameScopes } from './scopes';

type Read = (set: DataSet) => string;
const text =
  (tag: number): Read =>
  (set) =>
    set.text(tag);
const double =
  (tag: number): Read =>
  (set) =>
    set.f64s(tag).join('\\');
const counted =
  (tag: number): Read =>
  (set) =>
    String(set.u32(tag) ?? set.u16(tag) ?? '');

/** What tells images of one place apart, most telling first: in the object itself. */
const OF_OBJECTS: readonly [string, Read][] = [
  ['Temporal Position Identifier', text(tags.temporalPosition)],
  ['Echo Time', text(tags.echoTime)],
  ['Diffusion b-value', double(tags.diffusionBValue)],
  ['Diffusion Gradient Orientation', double(tags.diffusionGradient)],
  ['Trigger Time', text(tags.triggerTime)],
  ['Frame Reference Time', text(tags.frameReferenceTime)],
  ['Inversion Time', text(tags.inversionTime)],
  ['Repetition Time', text(tags.repetitionTime)],
  ['Flip Angle', text(tags.flipAngle)],
  ['KVP', text(tags.kvp)],
  ['Convolution Kernel', text(tags.convolutionKernel)],
  ['Acquisition Number', text(tags.acquisitionNumber)],
  ['Image Type', text(tags.imageType)],
  ['Acquisition Time', text(tags.acquisitionTime)],
  ['Content Time', text(tags.contentTime)],
];

/** The same in functional groups: sequence and element. */
const OF_FRAMES: readonly [string, number, Read][] = [
  ['Stack ID', tags.frameContent, text(tags.stackId)],
  ['Temporal Position Index', tags.frameContent, counted(tags.temporalPositionIndex)],
  ['Temporal Position Time Offset', tags.temporalPositionSequence, double(tags.temporalPositionOffset)],
  ['Effective Echo Time', tags.mrEcho, double(tags.effectiveEchoTime)],
  ['Diffusion b-value', tags.mrDiffusion, double(tags.diffusionBValue)],
  ['Diffusion Gradient Orientation', tags.mrDiffusion, (set) => set.items(tags.diffusionGradientSequence).map(double(tags.diffusionGradient)).join()],
  ['Nominal Cardiac Trigger Delay Time', tags.cardiacSynchronization, double(tags.triggerDelay)],
  ['Frame Acquisition Number', tags.frameContent, counted(tags.frameAcquisitionNumber)],
  ['Frame Type', tags.mrFrameType, text(tags.frameType)],
  ['Frame Type', tags.ctFrameType, text(tags.frameType)],
  ['Frame Type', tags.petFrameType, text(tags.frameType)],
]; // prettier-ignore

/** What of a frame is said that may differ from another one at its place. */
export function traitsOf({ frame, shared, object }: FrameScopes): ReadonlyMap<string, string> {
  const traits = new Map<string, string>();
  const add = (name: string, value: string) => value !== '' && !traits.has(name) && traits.set(name, value);
  for (const [name, group, read] of OF_FRAMES)
    for (const set of [frame, shared]) for (const item of set?.items(group).slice(0, 1) ?? []) add(name, read(item));
  for (const [name, read] of OF_OBJECTS) add(name, read(object));
  return traits;
}
