import { editDistance } from '../near-names';

/** Packages whose classes a config may name by their full path (`scripts` is what MONAI bundles ship); a path from elsewhere is somebody's own class. */
const KNOWN_PACKAGES = ['monai', 'aiaa', 'ai4med', 'medl', 'monailabel', 'scripts'];

/** Names that a config's name may stand for, in lower case, without module path and `#alias`; of `XDict` also `Xd`. None of unknown packages. */
export function candidateNames(name: string): string[] {
  const [path] = name.trim().split('#');
  const parts = path.split('.');
  if (parts.length > 1 && !KNOWN_PACKAGES.includes(parts[0])) return [];
  const last = parts[parts.length - 1].toLowerCase();
  return last.endsWith('dict') ? [last, last.slice(0, -3)] : [last];
}

/** The names most like `name` by edit distance, best first, at most three; far ones are left out. */
export function bestMatches(name: string, known: readonly string[]): string[] {
  const wanted = name.trim().split('#')[0].split('.').at(-1)?.toLowerCase() ?? '';
  return known
    .map((candidate) => ({ candidate, distance: editDistance(wanted, candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= Math.max(2, Math.floor(candidate.length * 0.4)))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

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
  'is about boxes around findings: models that detect objects are not served here, only those that give masks or scores': [
    'ClipBoxToImaged', 'AffineBoxToWorldCoordinated', 'AffineBoxToImageCoordinated', 'ConvertBoxModed', 'ConvertBoxToStandardModed', 'ConvertBoxToPointsd',
    'ConvertPointsToBoxesd', 'StandardizeEmptyBoxd', 'BoxToMaskd', 'MaskToBoxd', 'ZoomBoxd', 'FlipBoxd', 'RotateBox90d',
  ],
  'belongs to HoVerNet, whose three outputs are joined to single cells by a watershed, which this gateway does not do': [
    'HoVerNetInstanceMapPostProcessingd', 'HoVerNetNuclearTypePostProcessingd', 'FlattenSubKeysd', 'Watershedd', 'GenerateWatershedMaskd',
    'GenerateInstanceBorderd', 'GenerateDistanceMapd', 'GenerateWatershedMarkersd', 'GenerateSuccinctContourd', 'GenerateInstanceContourd',
    'GenerateInstanceCentroidd', 'GenerateInstanceTyped', 'ComputeHoVerMapsd',
  ],
  'makes guidance of a label image of cells (NuClick), which a request does not have': ['AddLabelAsGuidanced', 'SplitLabeld', 'FilterImaged', 'ExtractPatchd', 'PostFilterLabeld'],
  'writes files for debugging on the server; take it out': ['SaveAsNifti', 'DataStatsd'],
  'holds Python code, which this gateway does not run; express it with transforms, put it into the model, or bring it as JavaScript (docs/guides/own-transforms.md)': ['Lambda'],
}; // prettier-ignore

const byName: ReadonlyMap<string, string> = new Map(
  Object.entries(reasons).flatMap(([reason, names]) =>
    names.map((name) => [name.toLowerCase(), `${name} ${reason}.`] as const),
  ),
);

/** Why a transform known from elsewhere is not run here, as a sentence. @param isKnown whether there is a transform of that name */
export function refusalOf(name: string, isKnown: (name: string) => boolean): string | undefined {
  const known = candidateNames(name).map((candidate) => byName.get(candidate)).find(Boolean);
  if (known) return known;
  const className = name.split('#')[0].split('.').at(-1) ?? '';
  // MONAI's conventions: random transforms are called Rand…; a step on named fields has a d after the name of that on one array.
  if (/^Rand[A-Z]/.test(className)) return `${className} is random augmentation, only for training; take it out of a model that serves.`;
  const dictionary = `${className}d`;
  return isKnown(dictionary) ? `${className} works on a single array; write ${dictionary} with the keys of the fields it is for.` : undefined;
} // prettier-ignore
