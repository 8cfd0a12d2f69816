import { findTransform, findWriter, refusalOf } from '../../gateway/transforms/registry';

/** Every name of NVIDIA's list of 3.x and of its earlier spellings, and what this server answers to it. */
const run = 'run';
const training = /only for training; take it out of a model that serves/;
const answers: Record<string, typeof run | RegExp> = {
  LoadNifti: run,
  LoadPng: run,
  LoadJpg: run,
  LoadImageMasksFromNumpy: training,
  ConvertToChannelsFirst: run,
  ConvertToChannelsLast: run,
  RepeatChannel: run,
  ScaleByFactor: run,
  ScaleByResolution: run,
  ScaleBySpacing: run,
  ScaleToShape: run,
  RestoreOriginalShape: run,
  CropForegroundObject: run,
  SymmetricPadderDiv: run,
  CropSubVolumeCenter: run,
  FastPosNegRatioCropROI: training,
  CropByPosNegRatio: training,
  FastCropByPosNegRatio: training,
  CropByPosNegRatioLabelOnly: training,
  CropRandomSizeWithDisplacement: training,
  CropFixedSizeRandomCenter: training,
  ScaleIntensityRange: run,
  NormalizeNonzeroIntensities: run,
  CenterData: run,
  ScaleIntensityOscillation: training,
  ScaleShiftIntensity: training,
  AddGaussianNoise: training,
  AdjustContrast: training,
  RandomGaussianSmooth: training,
  RandomMRBiasField: training,
  RandomZoom: training,
  RandomAxisFlip: training,
  RandomSpatialFlip: training,
  RandomRotate2D: training,
  RandomRotate3D: training,
  AddExtremePointsChannel: run,
  SplitAcrossChannels: run,
  SplitBasedOnLabel: run,
  ThresholdValues: run,
  SplitBasedOnBratsClasses: run,
  ConvertToMultiChannelBasedOnLabel: run,
  ConvertToMultiChannelBasedOnBratsClasses: run,
  KeepLargestCC: run,
  CopyProperties: run,
  ArgmaxAcrossChannels: run,
  FetchExtremePoints: run,
  WriteNifti: run,
  WritePng: run,
  WriteClassificationResult: run,
  SaveAsNifti: /writes files for debugging on the server; take it out/,
  MergeBatchDims: training,
  EvalWriter: training,
  // Names of 1.x and 2.x.
  LoadNifty: run,
  LoadResolutionFromNifty: run,
  Load3DShapeFromNumpy: run,
  ResampleVolume: run,
  VolumeTo4DArray: run,
  NPResize3D: run,
  NiftyWriter: run,
  TransformVolumeCropROIFastPosNegRatio: training,
  CropSubVolumeBatchPosNegRatio: training,
};

test.each(Object.entries(answers))('%s', (name, answer) => {
  const spellings = [name, `ai4med.components.transforms.some_module.${name}`, `${name}#second`];
  for (const spelling of spellings) {
    const definition = findTransform(spelling) ?? findWriter(spelling);
    if (answer === run) expect([definition?.summary, refusalOf(spelling)]).toEqual([expect.any(String), undefined]);
    else expect([definition, refusalOf(spelling)]).toEqual([undefined, expect.stringMatching(answer)]);
  }
});
