import type { MonaiVersion } from './transforms/monai-version';
import type { TritonModelConfig } from './triton/model-config';

export type ModelType = 'segmentation' | 'annotation' | 'classification' | 'deepgrow' | 'others' | 'pipeline';

/** One step of a chain: the canonical name of a transform and its checked arguments. */
export interface TransformStep {
  name: string;
  args: Record<string, unknown>;
  /** Names the content of a transform of the author's own; set when a job begins. */
  content?: string;
}

/**
 * Windows over the image. `clara`: padding at the end, step max(roi-16, 3/4 roi), plain average;
 * `monai-0`: symmetric padding, overlap, weights by mode, gaussian of MONAI <= 0.8; `monai-1`: the same with the gaussian of MONAI >= 1.0.
 */
export interface ScanningWindowInferer {
  kind: 'scanning-window';
  rule: 'clara' | 'monai-0' | 'monai-1';
  /** Window size in voxels per spatial axis, array order; values <= 0 (monai) mean the whole axis. */
  roi: number[];
  /** Windows per network call. */
  batchSize: number;
  /** Fraction of the window shared with the next one, 0 <= overlap < 1, of all axes or of each; monai only. @default 0.25 */
  overlap: number | number[];
  mode: 'constant' | 'gaussian';
  /** Standard deviation of the gaussian as a fraction of the window, of all axes or of each. @default 0.125 */
  sigmaScale: number | number[];
  paddingMode: 'constant' | 'reflect' | 'replicate';
  /** Padding value for `constant`. */
  cval: number;
}

/** Calls other loaded models by name; its config has no network of its own. */
export interface PipelineInferer {
  kind: 'pipeline';
  /** The class without its module: `DeepgrowInferencePipeline`. */
  name: string;
  models: string[];
  /** Slices per call of the second model. */
  batchSize: number;
  /** Field with the prepared image. */
  input: string;
  /** Field that takes the result. */
  output: string;
}

/** How nnU-Net resamples scores. */
export interface ScoreResampling {
  /** Degree of the spline, 0 or 1; across slices that are resampled by themselves 0. */
  order: number;
  /** Whether slices are resampled by themselves; null decides by the ratio of the spacings. */
  force_separate_z: boolean | null;
  /** That ratio. @default 3 */
  threshold: number;
  /** Linearly in float32, as torch does, in place of SciPy's splines. @default false */
  torch?: boolean;
}

/** How one network of nnU-Net goes over a prepared image. */
export interface NnunetNetwork {
  /** Window in voxels, two or three axes; with two, each slice by itself. */
  patch: number[];
  /** Share of a window by which the next one is moved, 0 < step <= 1. */
  step: number;
  /** Windows per network call. */
  batchSize: number;
  /** Sets of weights in the network: its output has `folds` × `heads` channels. */
  folds: number;
  /** Whether the model sees windows mirrored too. @default false, or not known */
  mirrored?: boolean;
  heads: number;
  /** The label that each head writes where its probability is above 0.5. @default the head with the highest score is the label */
  regions?: number[];
  /** Null where scores lie on the image's grid. */
  resampling: ScoreResampling | null;
}

/**
 * nnU-Net's predictor: windows of gaussian weight in half precision sums, mean of the folds, scores resampled to the image and made labels. The image
 * comes from `NnunetPreprocessd`.
 */
export interface NnunetInferer extends NnunetNetwork {
  kind: 'nnunet';
}

/** One of several networks in a model file, with an image of its own. */
export interface NnunetStage extends NnunetNetwork {
  /** Its number in the file, from 0: a request says it by the length of its tensor `network`, which is one more. */
  network: number;
  /** Channels of its input. */
  channels: number;
  /** `NnunetPreprocessd`, with its arguments for this network. */
  prepare: TransformStep;
}

/** A network whose scores count. */
export interface NnunetMember extends NnunetStage {
  /** The first stage of a cascade: its labels are further channels of this network's image, one per label. */
  cascade?: {
    first: NnunetStage;
    /** In the order of the channels. */
    labels: number[];
    /** Of a map of labels; null where it lies on the image's grid. */
    resampling: ScoreResampling | null;
  };
}

/** Several networks of nnU-Net: the second stage of a cascade after the first, and ensembles, whose probabilities are averaged on the image's grid. */
export interface NnunetEnsembleInferer {
  kind: 'nnunet-ensemble';
  members: NnunetMember[];
}

/** A model of nnU-Net that a pack calls. */
export interface PackPart {
  model: string;
  /** What its labels 1, 2, … are in the pack; null for one that is left out. @default their names in the model */
  labels?: (string | null)[];
}

/** How an image is brought to a model of a pack, and its labels back. */
export interface PackStage {
  /** mm per voxel along the axes closest to right, front and top; null leaves the image as it is. */
  spacing: number[] | null;
  /** Degree of the spline. */
  order: 1;
  /** Share of a window by which the next one is moved, 0 < step <= 1. */
  step: number;
  /** Done to the labels before they are brought back to the image's grid. */
  cleaning: PackCleaning[];
}

/** Labels that lose components that touch by faces: all but the largest, or those of at most so many mm³. */
export type PackCleaning = { labels?: string[] } & ({ keep: 'largest' } | { atMost: number });

/** Models of nnU-Net whose labels are put together, as TotalSegmentator does: later parts over earlier ones. */
export interface PackInferer extends PackStage {
  kind: 'pack';
  parts: PackPart[];
  /** A quick model that says where `params.roi_subset`, or always `crop`, lies; margin in mm along the three axes. */
  rough?: PackPart & PackStage & { margin: number[] };
  /** Labels of the rough model. */
  crop?: string[];
  /** All models that it calls. */
  models: string[];
}

/**
 * A network that outlines one object by prompts, as nnInteractive's: its input is the image and one channel for each kind of prompt and for its last mask, its
 * output two scores.
 */
export interface NninteractiveInferer {
  kind: 'nninteractive';
  /** Voxels of the network's input. */
  patch: [number, number, number];
  /** Channels after the image's. */
  promptChannels: number;
  /** Which of them positive and negative prompts and the last mask have. */
  channels: {
    previous: number;
    points: [number, number];
    bbox2d: [number, number];
    bbox3d: [number, number];
    lasso: [number, number];
    scribble: [number, number];
  };
  /** Prompts that the network has learnt. */
  supported: { points: boolean; bbox2d: boolean; bbox3d: boolean; lasso: boolean; scribble: boolean };
  /** Whether it has learnt to go on from a mask. @default true */
  initialMask: boolean;
  /** Factor by which a prompt fades with each later one, 0 < decay <= 1; null does not fade. */
  decay: number | null;
  /** Voxels of a point's ball, from its middle. */
  pointRadius: number;
  /** Voxels across a scribble, for clients, per axis. */
  scribbleThickness: number[];
}

/** `simple`: the whole pre-processed array is one request. */
export type InfererSpec =
  | { kind: 'simple' }
  | ScanningWindowInferer
  | NnunetInferer
  | NnunetEnsembleInferer
  | NninteractiveInferer
  | PackInferer
  | PipelineInferer;

/** A tensor of the network and the field of the sample that feeds it or takes it. */
export interface TensorBinding {
  tensor: string;
  field: string;
}

/** How the gateway crops around a request's points where the client did not (annotation models only). */
export interface PointCrop {
  /** Voxels of the crop after resampling, per axis of the loaded image. */
  roi: number[];
  /** mm around the points. */
  padding: number;
  /** Steps of `pre` that load the image: the crop comes after them. */
  loading: number;
}

/** A code of a coding scheme: `{ value: '10200004', scheme: 'SCT', meaning: 'Liver' }`. */
export interface Code {
  value: string;
  scheme: string;
  meaning: string;
}

/** How DICOM Segmentations describe a label. */
export interface LabelTerms {
  code?: Code;
  category?: Code;
  /** Red, green, blue, 0 to 255. */
  color?: [number, number, number];
}

/** A model after its config was read: the only form the rest of the gateway knows. JSON-serialisable. */
export interface ModelSpec {
  name: string;
  type: ModelType;
  /** Names of the label values 1, 2, ... */
  labels: string[];
  /** The config's facts of each of `labels` beside its name, null where there are none. @default nothing for all */
  labelTerms?: (LabelTerms | null)[];
  description: string;
  /** As clients see it: always a string. */
  version: string;
  /** The dialect the config was written in. */
  dialect: 'clara-2' | 'clara-3' | 'clara-4-ea' | 'clara-4' | 'monai-bundle' | 'nnunet' | 'pack';
  /** Which MONAI's choices count where versions differ; set for bundles. @default 0.8.1, that of AIAA 4 */
  monai?: MonaiVersion;
  pre: TransformStep[];
  /** Index into `pre`: results of the steps before it can be kept between calls on one image (`cache_until`, or the first step that reads params). */
  cacheableSteps: number;
  inference: {
    inferer: InfererSpec;
    inputs: TensorBinding[];
    outputs: TensorBinding[];
    /** Shape format of the input where no pre-transform sets one (Clara `image_format`), else undefined. */
    imageFormat?: string;
    pointCrop?: PointCrop;
  };
  post: TransformStep[];
  writer: TransformStep;
  /** Triton's part of the model; undefined for pipelines, which have no network. */
  triton?: TritonModelConfig;
  /** Extra keys of the model's entry in `GET /v1/models` (padding, roi, deepgrow, ...). Only JSON values that every client survives. */
  info: Record<string, unknown>;
  /** Facts for operators: sentences without full stop. @default none */
  about?: string[];
  /** Oddities that did not stop the model, as sentences with the path into the config. */
  warnings: string[];
}

/** A model of nnInteractive's form reads the interaction itself; one of clicks gets them as AIAA's clients send them. */
export type PromptKind = 'clicks' | 'nninteractive';

/** Transforms that read clicks. */
const CLICKS = /^AddGuidanceFromPoints/;

/** How a model takes prompts; undefined for one that takes none. */
export function promptsOf({ type, pre, info, inference }: ModelSpec): PromptKind | undefined {
  if (inference.inferer.kind === 'nninteractive') return 'nninteractive';
  const takesClicks = pre.some(({ name }) => CLICKS.test(name)) || (type === 'pipeline' && info.deepgrow !== undefined);
  return takesClicks ? 'clicks' : undefined;
}
