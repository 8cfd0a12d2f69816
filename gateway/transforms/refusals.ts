import { candidateNames } from './names';

const reasons: Record<string, readonly string[]> = {
  'is random augmentation, only for training; take it out of a model that serves': [
    'FastPosNegRatioCropROI', 'TransformVolumeCropROIFastPosNegRatio', 'CropByPosNegRatio', 'CropSubVolumeBatchPosNegRatio', 'FastCropByPosNegRatio',
    'CropByPosNegRatioLabelOnly', 'CropRandomSizeWithDisplacement', 'CropFixedSizeRandomCenter', 'ScaleIntensityOscillation', 'ScaleShiftIntensity',
    'AddGaussianNoise', 'AdjustContrast', 'RandomGaussianSmooth', 'RandomMRBiasField', 'RandomZoom', 'RandomAxisFlip', 'RandomSpatialFlip',
    'RandomRotate2D', 'RandomRotate3D',
  ],
  'reads masks and is only for training; take it out of a model that serves': ['LoadImageMasksFromNumpy'],
  'belongs to validation and is only for training; take it out of a model that serves': ['MergeBatchDims', 'EvalWriter', 'EnsureSameShaped'],
  'makes clicks from a label, only for training; AddGuidanceFromPointsd takes those of the request': [
    'AddInitialSeedPointd', 'FindAllValidSlicesd', 'FindDiscrepancyRegionsd', 'SpatialCropForegroundd',
  ],
  'belongs to the training of DeepEdit; take it out of a model that serves': [
    'AddRandomGuidanceDeepEditd', 'AddInitialSeedPointDeepEditd', 'AddInitialSeedPointMissingLabelsd', 'FindAllValidSlicesDeepEditd',
    'FindAllValidSlicesMissingLabelsd', 'FindDiscrepancyRegionsDeepEditd', 'NormalizeLabelsInDatasetd', 'SingleLabelSelectiond', 'SplitPredsLabeld',
  ],
  'cuts a picture into patches around clicks on cells (NuClick), which this gateway does not do; DeepGrow and DeepEdit models take clicks': [
    'AddClickSignalsd',
  ],
  'writes files for debugging on the server; take it out': ['SaveAsNifti', 'DataStatsd'],
  'holds Python code, which this gateway does not run; express it with transforms, put it into the model, or bring it as JavaScript (docs/guides/own-transforms.md)': ['Lambda'],
}; // prettier-ignore

const byName: ReadonlyMap<string, string> = new Map(
  Object.entries(reasons).flatMap(([reason, names]) =>
    names.map((name) => [name.toLowerCase(), `${name} ${reason}.`] as const),
  ),
);

/** Why a transform known from elsewhere is not run here (`transforms.md` §3, §8), as a sentence. */
export function refusalOf(name: string): string | undefined {
  const known = candidateNames(name).map((candidate) => byName.get(candidate)).find(Boolean);
  if (known) return known;
  const className = name.split('#')[0].split('.').at(-1) ?? '';
  // MONAI's convention: random transforms are called Rand….
  return /^Rand[A-Z]/.test(className) ? `${className} is random augmentation, only for training; take it out of a model that serves.` : undefined;
} // prettier-ignore
