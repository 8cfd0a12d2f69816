import type { AnnouncedImage } from '../imaging/formats/announced-image';
import { IDENTITY, spacingOf } from '../imaging/geometry';
import { channelCount, firstAxisFastest, sizeOf, spatialAxes, spatialShape, type Volume } from '../imaging/volume';
import { voxelLimit } from '../imaging/voxel-limit';
import type { ModelSpec, NnunetStage } from '../model-spec';
import type { PlannedGrid, TransformOptions } from '../transforms/definition';
import { findTransform } from '../transforms/registry';
import type { Job, Work } from './job';
import { filesByField } from './files-by-field';
import { EDGE } from './inferers/nninteractive/sparse-halves';
import { stageSpec } from './inferers/nnunet/stage-spec';

const FLOAT = Float32Array.BYTES_PER_ELEMENT;
/** The memory that a job takes whatever its image is: its heap, kernels, code that is compiled. */
const BASE_BYTES = 48 << 20;
/** A step has its input, its result, and up to one image more. */
const IMAGES_OF_A_STEP = 3;
/** A tensor and its copy in shared memory, or in a message. */
const COPIES_OF_A_TENSOR = 2;
/** Requests of a job that are under way at a time, and the one that is being cut. */
const REQUESTS = 5;

/**
 * The bytes of memory that a job will take at its peak, from its image's header and the plan of its model: decoding, each step before the network with the
 * grids that resampling makes, tensors, what the windows add up to, the steps after it and the file. Rather too high than too low: other
 * requests wait for what is stated here.
 */
export function statedBytes(job: Work, image: AnnouncedImage): number {
  const file = channelCount(image.volume) * sizeOf(spatialShape(image.volume));
  // A mask of bytes, its packed form, and the polygons of its border.
  if ('kind' in job) return BASE_BYTES + image.bytes + file * (job.kind === 'to-nifti' ? 2 * FLOAT : FLOAT + 4);
  const images = Math.max(1, [...filesByField(job).values()].flat().length);
  const specs = [job.spec, ...Object.values(job.related ?? {}).map(({ spec }) => spec)];
  return BASE_BYTES + images * Math.max(...specs.map((spec) => bytesOf(spec, job, image)));
}

/** A CT of 512 × 512 × 300 voxels of 0.8 × 0.8 × 1.5 mm, 16 bits each. */
const usualCt: AnnouncedImage = {
  volume: {
    shape: [512, 512, 300],
    strides: firstAxisFastest([512, 512, 300]),
    axes: 'XYZ',
    affine: [0.8, 0, 0, 0, 0, 0.8, 0, 0, 0, 0, 1.5, 0, 0, 0, 0, 1],
    properties: {},
  },
  bytes: 512 * 512 * 300 * (FLOAT + 2),
};

/** The bytes that {@link statedBytes} says of a usual CT with one file for each channel. */
export function bytesForUsualCt(spec: ModelSpec, channels: number): number {
  const image = { path: '', name: '' };
  const files = Array.from({ length: channels }, () => ({ ...image, field: 'image' }));
  const options = { resampling: 'half-pixel' } as const;
  return statedBytes({ id: '', spec, modelVersion: '', image, files, params: {}, directory: '', options }, usualCt);
}

/** Networks of an ensemble go on side by side, each with its image; the first stage of a cascade ends before the second begins, and leaves labels. */
function bytesOf(spec: ModelSpec, job: Job, image: AnnouncedImage): number {
  const { inferer } = spec.inference;
  if (inferer.kind !== 'nnunet-ensemble') return bytesOfNetwork(spec, job, image);
  const ofStage = (stage: NnunetStage) => bytesOfNetwork(stageSpec(spec, stage), job, image);
  const file = FLOAT * sizeOf(spatialShape(image.volume));
  return inferer.members.reduce((sum, { cascade, ...member }) => {
    const [own, first] = [ofStage(member), cascade ? ofStage(cascade.first) : 0];
    const windows = cascade ? REQUESTS * FLOAT * member.channels * sizeOf(member.patch) : 0;
    const ofPlane = inferer.members.length > 1 ? (file / Math.min(...spatialShape(image.volume))) * member.heads : 0;
    // The labels on the file's grid, cut and resampled.
    return sum + Math.max(own, first) + (cascade ? 3 * file + windows : 0) + ofPlane;
  }, 0);
}

function bytesOfNetwork(spec: ModelSpec, job: Job, image: AnnouncedImage): number {
  const { volumes, work } = volumesOf(spec, job, image.volume);
  const sizes = volumes.map(({ shape }) => sizeOf(shape));
  const file = sizes[0];
  const input = sizes[sizes.length - 1];
  const steps = Math.max(...sizes.map((size, at) => IMAGES_OF_A_STEP * Math.max(size, sizes[at - 1] ?? 0)));
  const channels = outputChannels(spec);
  const output = input * channels;
  const { inferer } = spec.inference;
  const network = () => {
    if (inferer.kind === 'nnunet') {
      const [depth, ...slice] = inferer.patch.length === 2 ? [1, ...inferer.patch] : inferer.patch;
      const plane = input / Math.min(...spatialShape(volumes[volumes.length - 1]));
      // Halves of sums and of their weights, as deep as a window; a few planes of finished scores.
      const sums = ((Math.min(depth, Math.ceil(input / plane)) * (channels + 1)) / 2 + 4 * inferer.heads) * plane;
      // Answers are read where they lie.
      const request = inferer.batchSize * depth * sizeOf(slice) * (COPIES_OF_A_TENSOR * inputChannels(spec) + channels);
      return input + sums + REQUESTS * request + file;
    }
    if (inferer.kind === 'nninteractive') {
      // The image; in bytes the mask, the coarse one twice, what changed and the part that is looked at again; prompts; a patch with its scores.
      const patch = sizeOf(inferer.patch);
      return (
        input +
        2 * input +
        promptBytes(job, input) / FLOAT +
        COPIES_OF_A_TENSOR * patch * (3 + inferer.promptChannels) +
        sizeOf(inferer.patch)
      );
    }
    if (inferer.kind !== 'scanning-window') return input + COPIES_OF_A_TENSOR * (input + output);
    const window = sizeOf(inferer.roi.map((length) => (length > 0 ? length : 1)));
    const whole = inferer.roi.some((length) => length <= 0) ? input : 0;
    const request = inferer.batchSize * Math.max(window, whole) * (1 + channels);
    // The image, the sums with their weights, and the averages.
    return input + output + input + output + REQUESTS * COPIES_OF_A_TENSOR * request;
  };
  // On the network's grid, then on the file's, and the bytes of the file. nnU-Net's scores become labels plane by plane.
  const after = inferer.kind === 'nnunet' ? 2 * file : 2 * output + 2 * Math.max(file, input);
  return Math.max(image.bytes, FLOAT * Math.max(steps, network(), after), FLOAT * steps + work);
}

/** Bytes of the prompts of a session, in half precision: blocks of 16 voxels along each axis where there is any. @param voxels of the image */
function promptBytes({ interaction, params }: Job, voxels: number): number {
  const half = 2;
  const ofPoint = 27 * half * EDGE ** 3;
  const clicks = [params.foreground, params.background].reduce<number>((sum, list) => sum + (Array.isArray(list) ? list.length : 0), 0);
  const prompts = interaction?.prompts ?? [];
  const bytes = prompts.reduce((sum, prompt) => {
    if (prompt.kind === 'point') return sum + ofPoint;
    const box = prompt.kind === 'box' ? sizeOf(prompt.box.map(([from, to]) => to - from + 2 * EDGE)) : voxels;
    return sum + half * Math.min(box, voxels);
  }, clicks * ofPoint);
  // All channels but the previous mask, and that.
  return Math.min(bytes, 6 * half * voxels) + half * voxels;
} // prettier-ignore

/** The image in the file, and after each step that resamples it, without voxels; and the most bytes that such a step takes besides. */
function volumesOf(
  { pre, cacheableSteps, dialect, monai }: ModelSpec,
  { options, prepared }: Job,
  header: AnnouncedImage['volume'],
): { volumes: Volume[]; work: number } {
  let volume: Volume = { ...header, data: new Uint8Array(0), affine: header.affine ?? IDENTITY };
  const volumes = [volume];
  let work = 0;
  for (const { name, args } of pre.slice(typeof prepared === 'object' ? cacheableSteps : 0)) {
    const grid = gridOf(name, volume, args, { ...options, monai, bundle: dialect === 'monai-bundle' });
    const axes = spatialAxes(volume);
    if (grid?.lengths.length !== axes.length) continue;
    const { lengths, affine } = grid;
    const shape = volume.shape.map((length, d) => (axes.includes(d) ? lengths[axes.indexOf(d)] : length));
    // The step refuses it with the reason, before it takes memory.
    if (sizeOf(shape) > voxelLimit()) break;
    volume = { ...volume, shape, affine: affine && spacingOf(affine).every(Number.isFinite) ? affine : volume.affine };
    volumes.push(volume);
    work = Math.max(work, grid.work ?? 0);
  }
  return { volumes, work };
}

/** Undefined for a step that makes no other grid, and where the image will have other axes by then: what grows there is taken when it does. */
function gridOf(name: string, volume: Volume, args: object, options: TransformOptions): PlannedGrid | undefined {
  try {
    return findTransform(name)?.grid?.(volume, args, options);
  } catch {
    return undefined;
  }
}

const inputChannels = ({ triton }: ModelSpec) => Math.max(1, triton?.input[0]?.dims[0] ?? 1);

/** Channels of all outputs; where the model leaves them open, one for each label and the background. */
function outputChannels({ triton, labels, inference }: ModelSpec): number {
  const named = new Set(inference.outputs.map(({ tensor }) => tensor));
  const outputs = (triton?.output ?? []).filter(({ name }) => named.has(name));
  // Scores and images alike begin with the axis of channels, or end with it.
  const channels = ({ dims }: { dims: number[] }) =>
    [dims[0], dims[dims.length - 1]].find((n) => n > 0) ?? labels.length + 1;
  return Math.max(1, outputs.reduce((sum, output) => sum + channels(output), 0)); // prettier-ignore
}
