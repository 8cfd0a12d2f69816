type Args = Record<string, unknown>;

const monai = (name: string, args: Args = {}) => ({ name: `monai.transforms.${name}`, args });
const image = { keys: 'image' };
const pred = { keys: 'pred' };

interface Network {
  kind: '2D' | '3D';
  /** Package of the transforms of clicks: AIAA's early access had copies of MONAI's. */
  from: string;
  /** Of the crop around the clicks. */
  crop: number[];
  /** Of the tensor. */
  size: number[];
  restore: string;
}

/** A DeepGrow network as configs of AIAA 4 describe one: clicks become two channels beside the image, on a crop around them. */
function network({ kind, from, crop, size, restore }: Network): Args {
  const step = (name: string, args: Args) => ({ name: `${from}.apps.deepgrow.transforms.${name}`, args });
  const guided = { ...image, guidance: 'guidance' };
  const planar = kind === '2D';
  return {
    version: 1,
    type: 'deepgrow',
    labels: [],
    description: `DeepGrow ${kind}`,
    pre_transforms: [
      monai('LoadImaged', image),
      monai('AsChannelFirstd', image),
      monai('Spacingd', { ...image, pixdim: planar ? [1, 1] : [1, 1, 1], mode: 'bilinear' }),
      step('AddGuidanceFromPointsd', { ref_image: 'image', guidance: 'guidance', dimensions: planar ? 2 : 3 }),
      ...(planar ? [step('Fetch2DSliced', guided)] : []),
      monai('AddChanneld', image),
      step('SpatialCropGuidanced', { ...guided, spatial_size: crop }),
      monai('Resized', { ...image, spatial_size: size, mode: 'area' }),
      step('ResizeGuidanced', { guidance: 'guidance', ref_image: 'image' }),
      monai('NormalizeIntensityd', { ...image, subtrahend: 208, divisor: 388 }),
      step('AddGuidanceSignald', { image: 'image', guidance: 'guidance' }),
    ],
    post_transforms: [
      monai('Activationsd', { ...pred, sigmoid: true }),
      monai('AsDiscreted', { ...pred, threshold_values: true, logit_thresh: 0.5 }),
      monai('ToNumpyd', pred),
      step(restore, { ...pred, ref_image: 'image', mode: 'nearest' }),
      monai('AsChannelLastd', pred),
    ],
    writer,
  };
}

const writer = { name: 'aiaa.transforms.Writer', args: { image: 'pred', json: 'result' } };

function triton(maxBatchSize: number, size: number[]): Args {
  const tensor = (name: string, channels: number) => ({ name, data_type: 'TYPE_FP32', dims: [channels, ...size] });
  return {
    platform: 'pytorch_libtorch',
    max_batch_size: maxBatchSize,
    input: [tensor('INPUT__0', 3)],
    output: [tensor('OUTPUT__0', 1)],
  };
}

/** One slice at a time; inference as AIAA 4 spells it, a choice of two servers. */
export const deepgrow2d: Args = {
  ...network({ kind: '2D', from: 'monai', crop: [256, 256], size: [256, 256], restore: 'RestoreLabeld' }),
  cache_until: 'monai.apps.deepgrow.transforms.AddGuidanceFromPointsd',
  inference: {
    input: 'image',
    output: 'pred',
    meta_data: { deepgrow: '2D' },
    AIAA: { name: 'aiaa.inference.PyTorchInference' },
    TRITON: { name: 'aiaa.inference.TritonInference', triton_model_config: triton(32, [256, 256]) },
  },
};

/** A whole volume; inference as AIAA's early access of version 4 spells it. */
export const deepgrow3d: Args = {
  ...network({ kind: '3D', from: 'aiaa', crop: [192, 192], size: [128, 192, 192], restore: 'RestoreCroppedLabeld' }),
  inference: {
    name: 'aiaa.inference.TritonInference',
    input: 'image',
    output: 'pred',
    meta_data: { deepgrow: '3D' },
    args: { scanning_window: false },
  },
  triton: triton(1, [128, 192, 192]),
};

/** Calls the volume's network, then the slice's on each slice of its mask. */
export function deepgrowPipeline(slices: string, volume: string): Args {
  const called = { name: 'aiaa.apps.deepgrow.DeepgrowInferencePipeline', args: { models: [slices, volume], batch_size: 32 } }; // prettier-ignore
  return {
    version: 1,
    type: 'pipeline',
    labels: [],
    description: 'DeepGrow in two steps',
    pre_transforms: [
      monai('LoadImaged', image),
      monai('AsChannelFirstd', image),
      monai('Spacingd', { ...image, pixdim: [1, 1, 1], mode: 'bilinear' }),
    ],
    cache_until: 'ALL',
    post_transforms: [
      { name: 'aiaa.transforms.LargestCCd', args: pred },
      { name: 'monai.apps.deepgrow.transforms.RestoreLabeld', args: { ...pred, ref_image: 'image', mode: 'nearest' } },
      monai('AsChannelLastd', pred),
      { name: 'aiaa.transforms.ExtremePointsd', args: { ...pred, result: 'result', points: 'points' } },
      { name: 'aiaa.transforms.BoundingBoxd', args: { ...pred, result: 'result', bbox: 'bbox' } },
    ],
    inference: { meta_data: { deepgrow: '3D' }, AIAA: called, TRITON: called },
    writer,
  };
}
