import { bestMatches, candidateNames } from './names';
import { boundingBoxd, extremePointsd } from './aiaa/extreme-points';
import { largestCCd } from './aiaa/largest-cc';
import { restored } from './aiaa/restored';
import { addExtremePointsChannel } from './clara/add-extreme-points-channel';
import { argmaxAcrossChannels } from './clara/argmax-across-channels';
import { centerData } from './clara/center-data';
import { convertToChannelsFirst } from './clara/convert-to-channels-first';
import { convertToChannelsLast } from './clara/convert-to-channels-last';
import { convertToMultiChannelBasedOnBratsClasses } from './clara/convert-to-multi-channel-based-on-brats-classes';
import { convertToMultiChannelBasedOnLabel } from './clara/convert-to-multi-channel-based-on-label';
import { copyProperties } from './clara/copy-properties';
import { cropForegroundObject } from './clara/crop-foreground-object';
import { cropSubVolumeCenter } from './clara/crop-sub-volume-center';
import { fetchExtremePoints } from './clara/fetch-extreme-points';
import { keepLargestCC } from './clara/keep-largest-cc';
import { load3DShapeFromNumpy, loadResolutionFromNifty, npResize3D } from './clara/legacy-shape';
import { loadNifti } from './clara/load-nifti';
import { loadPng } from './clara/load-png';
import { normalizeNonzeroIntensities } from './clara/normalize-nonzero-intensities';
import { repeatChannel } from './clara/repeat-channel';
import { restoreOriginalShape } from './clara/restore-original-shape';
import { scaleByFactor } from './clara/scale-by-factor';
import { scaleByResolution } from './clara/scale-by-resolution';
import { scaleIntensityRange } from './clara/scale-intensity-range';
import { scaleToShape } from './clara/scale-to-shape';
import { splitAcrossChannels } from './clara/split-across-channels';
import { splitBasedOnBratsClasses } from './clara/split-based-on-brats-classes';
import { splitBasedOnLabel } from './clara/split-based-on-label';
import { symmetricPadderDiv } from './clara/symmetric-padder-div';
import { thresholdValues } from './clara/threshold-values';
import { addGuidanceFromPointsDeepEditd } from './deepedit/add-guidance-from-points';
import { addGuidanceSignalDeepEditd, discardAddGuidanced } from './deepedit/add-guidance-signal';
import { orientationGuidanceMultipleLabelDeepEditd } from './deepedit/orientation-guidance';
import { resizeGuidanceMultipleLabelDeepEditd } from './deepedit/resize-guidance';
import { addGuidanceFromPointsd } from './deepgrow/add-guidance-from-points';
import { addGuidanceSignald } from './deepgrow/add-guidance-signal';
import { fetch2DSliced } from './deepgrow/fetch-2d-slice';
import { resizeGuidanced } from './deepgrow/resize-guidance';
import { restoreLabeld } from './deepgrow/restore-label';
import { spatialCropGuidanced } from './deepgrow/spatial-crop-guidance';
import { activationsd } from './monai/activations';
import { addExtremePointsChanneld } from './monai/add-extreme-points';
import { asDiscreted } from './monai/as-discrete';
import { addChanneld, asChannelFirstd, asChannelLastd, ensureChannelFirstd, squeezeDimd } from './monai/channel-axes';
import {
  castToTyped,
  ensureTyped,
  fromMetaTensord,
  identityd,
  toDeviced,
  toMetaTensord,
  toNumpyd,
  toTensord,
} from './monai/containers';
import { centerScaleCropd } from './monai/center-scale-crop';
import { clipIntensityPercentilesd } from './monai/clip-intensity-percentiles';
import { centerSpatialCropd, cropForegroundd, spatialCropd } from './monai/crops';
import { concatItemsd, copyItemsd, deleteItemsd, repeatChanneld, selectItemsd, splitChanneld } from './monai/fields';
import { foregroundMaskd } from './monai/foreground-mask';
import { histogramNormalized } from './monai/histogram-normalize';
import { meanEnsembled, voteEnsembled } from './monai/ensembles';
import { gaussianSmoothd, maskIntensityd, shiftIntensityd, thresholdIntensityd } from './monai/intensity';
import { invertd } from './monai/invert';
import {
  convertToMultiChannelBasedOnBratsClassesd,
  fillHolesd,
  keepLargestConnectedComponentd,
  labelFilterd,
  labelToMaskd,
} from './monai/labels';
import { labelToContourd } from './monai/label-to-contour';
import { lambdad } from './monai/lambda/lambdad';
import { loadImaged } from './monai/load-image';
import { mapLabelValued } from './monai/map-label-value';
import { medianSmoothd } from './monai/median-smooth';
import { normalizeIntensityd } from './monai/normalize-intensity';
import { orientationd } from './monai/orientation';
import { borderPadd, divisiblePadd, resizeWithPadOrCropd, spatialPadd } from './monai/pads';
import { removeSmallObjectsd } from './monai/remove-small-objects';
import { resized } from './monai/resized';
import { scaleIntensityd, scaleIntensityRangePercentilesd } from './monai/scale-intensity';
import { scaleIntensityRanged } from './monai/scale-intensity-range';
import { spacingd } from './monai/spacing';
import { flipd, rotate90d, transposed } from './monai/turns';
import { zoomd } from './monai/zoom';
import type { TransformDefinition, WriterDefinition } from './definition';
import { refusalOf as refusalKnowing } from './refusals';
import { writerDefinitions } from './writers';

const transforms: readonly TransformDefinition[] = [
  // Clara 3.x
  loadNifti,
  loadPng,
  convertToChannelsFirst,
  convertToChannelsLast,
  repeatChannel,
  scaleByResolution,
  scaleByFactor,
  scaleToShape,
  cropForegroundObject,
  cropSubVolumeCenter,
  symmetricPadderDiv,
  scaleIntensityRange,
  normalizeNonzeroIntensities,
  centerData,
  addExtremePointsChannel,
  argmaxAcrossChannels,
  thresholdValues,
  keepLargestCC,
  splitAcrossChannels,
  splitBasedOnLabel,
  splitBasedOnBratsClasses,
  convertToMultiChannelBasedOnLabel,
  convertToMultiChannelBasedOnBratsClasses,
  fetchExtremePoints,
  copyProperties,
  restoreOriginalShape,
  load3DShapeFromNumpy,
  loadResolutionFromNifty,
  npResize3D,
  // MONAI, as named by AIAA 4.x
  loadImaged,
  addChanneld,
  asChannelFirstd,
  asChannelLastd,
  ensureChannelFirstd,
  squeezeDimd,
  orientationd,
  spacingd,
  scaleIntensityRanged,
  resized,
  normalizeIntensityd,
  activationsd,
  asDiscreted,
  toNumpyd,
  toTensord,
  ensureTyped,
  castToTyped,
  identityd,
  toDeviced,
  fromMetaTensord,
  toMetaTensord,
  zoomd,
  flipd,
  rotate90d,
  transposed,
  cropForegroundd,
  centerSpatialCropd,
  centerScaleCropd,
  spatialCropd,
  spatialPadd,
  divisiblePadd,
  borderPadd,
  resizeWithPadOrCropd,
  scaleIntensityd,
  scaleIntensityRangePercentilesd,
  clipIntensityPercentilesd,
  histogramNormalized,
  shiftIntensityd,
  thresholdIntensityd,
  maskIntensityd,
  gaussianSmoothd,
  medianSmoothd,
  foregroundMaskd,
  addExtremePointsChanneld,
  convertToMultiChannelBasedOnBratsClassesd,
  labelToMaskd,
  labelFilterd,
  mapLabelValued,
  labelToContourd,
  removeSmallObjectsd,
  keepLargestConnectedComponentd,
  fillHolesd,
  repeatChanneld,
  splitChanneld,
  concatItemsd,
  copyItemsd,
  selectItemsd,
  deleteItemsd,
  meanEnsembled,
  voteEnsembled,
  invertd,
  lambdad,
  // DeepGrow
  addGuidanceFromPointsd,
  fetch2DSliced,
  spatialCropGuidanced,
  resizeGuidanced,
  addGuidanceSignald,
  restoreLabeld,
  // DeepEdit
  orientationGuidanceMultipleLabelDeepEditd,
  addGuidanceFromPointsDeepEditd,
  resizeGuidanceMultipleLabelDeepEditd,
  addGuidanceSignalDeepEditd,
  discardAddGuidanced,
  // AIAA 4.x
  restored,
  extremePointsd,
  boundingBoxd,
  largestCCd,
] as TransformDefinition[];

const transformIndex = indexByName(transforms);
const writerIndex = indexByName(writerDefinitions);

/**
 * The transform a config means by `name`: with or without module path, `#alias` dropped, `XD` and `XDict` read as `Xd`
 * (`transforms.md` §12); letters of either case.
 */
export function findTransform(name: string): TransformDefinition | undefined {
  return lookUp(transformIndex, name);
}

/** The writer a config means by `name`; same rules. */
export function findWriter(name: string): WriterDefinition | undefined {
  return lookUp(writerIndex, name);
}

/** Why a transform known from elsewhere is not run here, as a sentence. */
export function refusalOf(name: string): string | undefined {
  const isKnown = (other: string) => lookUp(transformIndex, other) !== undefined;
  return isKnown(name) ? undefined : refusalKnowing(name, isKnown);
}

/** The registered names most like `name`, best first; at most three. */
export function suggestNames(name: string): string[] {
  return bestMatches(name, [...transforms, ...writerDefinitions].flatMap(namesOf));
}

/** All transforms, Clara's first, each once. */
export function listTransforms(): TransformDefinition[] {
  return [...transforms];
}

function namesOf({ name, aliases = [] }: { name: string; aliases?: readonly string[] }): string[] {
  return [name, ...aliases];
}

function indexByName<T extends { name: string; aliases?: readonly string[] }>(
  definitions: readonly T[],
): Map<string, T> {
  return new Map(
    definitions.flatMap((definition) => namesOf(definition).map((name) => [name.toLowerCase(), definition])),
  );
}

function lookUp<T>(index: ReadonlyMap<string, T>, name: string): T | undefined {
  return candidateNames(name)
    .map((candidate) => index.get(candidate))
    .find((found) => found !== undefined);
}
