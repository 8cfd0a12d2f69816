/**
 * Names that NVIDIA's and MONAI's own configs use (`transforms.md` §3, §7.1, §7.2, §7.3, §7.6), whether this server has them or not.
 * They tell "not supported" from "mistyped": the second deserves near names, the first an honest answer.
 */
const transforms = new Set(
  `
  LoadNifti LoadPng LoadJpg LoadImageMasksFromNumpy ConvertToChannelsFirst ConvertToChannelsLast
  RepeatChannel ScaleByFactor ScaleByResolution ScaleBySpacing ScaleToShape RestoreOriginalShape
  CropForegroundObject SymmetricPadderDiv CropSubVolumeCenter
  FastPosNegRatioCropROI CropByPosNegRatio FastCropByPosNegRatio CropByPosNegRatioLabelOnly CropRandomSizeWithDisplacement
  CropFixedSizeRandomCenter
  ScaleIntensityRange NormalizeNonzeroIntensities CenterData
  ScaleIntensityOscillation ScaleShiftIntensity AddGaussianNoise AdjustContrast RandomGaussianSmooth RandomMRBiasField
  RandomZoom RandomAxisFlip RandomSpatialFlip RandomRotate2D RandomRotate3D
  AddExtremePointsChannel SplitAcrossChannels SplitBasedOnLabel ThresholdValues SplitBasedOnBratsClasses
  ConvertToMultiChannelBasedOnLabel ConvertToMultiChannelBasedOnBratsClasses KeepLargestCC CopyProperties ArgmaxAcrossChannels
  FetchExtremePoints MergeBatchDims EvalWriter SaveAsNifti
  LoadNifty LoadResolutionFromNifty Load3DShapeFromNumpy ResampleVolume VolumeTo4DArray NPResize3D
  TransformVolumeCropROIFastPosNegRatio CropSubVolumeBatchPosNegRatio

  LoadImaged AddChanneld AsChannelFirstd AsChannelLastd EnsureChannelFirstd RepeatChanneld SqueezeDimd
  ToNumpyd ToTensord EnsureTyped CastToTyped Orientationd Spacingd Resized Zoomd Flipd Rotate90d Transposed
  CropForegroundd CenterSpatialCropd SpatialCropd SpatialPadd DivisiblePadd ResizeWithPadOrCropd
  ScaleIntensityd ScaleIntensityRanged ScaleIntensityRangePercentilesd NormalizeIntensityd ShiftIntensityd ThresholdIntensityd
  GaussianSmoothd MaskIntensityd AddExtremePointsChanneld ConvertToMultiChannelBasedOnBratsClassesd LabelToMaskd
  Activationsd AsDiscreted KeepLargestConnectedComponentd FillHolesd Invertd SaveImaged SaveClassificationd
  CopyItemsd ConcatItemsd SelectItemsd DeleteItemsd SplitChanneld Lambdad

  AddGuidanceFromPointsd Fetch2DSliced SpatialCropGuidanced ResizeGuidanced AddGuidanceSignald RestoreLabeld RestoreCroppedLabeld
  Restored ExtremePointsd BoundingBoxd LargestCCd
  AddClickSignalsd OrientationGuidanceMultipleLabelDeepEditd AddGuidanceFromPointsDeepEditd ResizeGuidanceMultipleLabelDeepEditd
  AddGuidanceSignalDeepEditd
`
    .trim()
    .split(/\s+/),
);

/** `SaveImaged` and `SaveClassificationd` end MONAI's post-processing; here they are the writer. */
const writers = new Set(
  'WriteNifti WritePng WriteClassificationResult SaveAsNifti NiftyWriter Writer ClassificationWriter SaveImaged SaveClassificationd'.split(
    ' ',
  ),
);

/** Names of earlier versions (`transforms.md` §3 and §4.8) and what they are called now. */
const renamed: Record<string, string> = {
  LoadNifty: 'LoadNifti',
  ResampleVolume: 'ScaleByResolution',
  VolumeTo4DArray: 'ConvertToChannelsFirst',
  NiftyWriter: 'WriteNifti',
  RestoreCroppedLabeld: 'RestoreLabeld',
};

/** Modules that are NVIDIA's, MONAI's, or shipped inside a MONAI bundle; anything else is somebody's own Python. */
const knownModule =
  /^(?:monai\.(?:apps\.\w+\.)?transforms|aiaa\.(?:apps\.\w+\.)?transforms|ai4med\.components\.(?:transforms|writers)|scripts\.transforms)\.(?:[\w.]+\.)?/;

/** The bare name of today: known module prefix and `#alias` off, `SpacingD` and `SpacingDict` as `Spacingd`. */
export function canonicalName(name: string): string {
  const bare = name.replace(/#.*$/, '').trim().replace(knownModule, '');
  if (Object.hasOwn(renamed, bare)) return renamed[bare];
  if (transforms.has(bare) || writers.has(bare)) return bare;
  const dictionary = bare.replace(/(?:Dict|D)$/, 'd');
  return transforms.has(dictionary) ? dictionary : bare;
}

export const isOfficialTransform = (name: string): boolean => transforms.has(canonicalName(name));

export const isOfficialWriter = (name: string): boolean => writers.has(canonicalName(name));

export const officialTransforms: ReadonlySet<string> = transforms;
