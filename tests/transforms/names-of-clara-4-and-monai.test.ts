import { findTransform, findWriter, refusalOf } from '../../gateway/transforms/registry';

/** Every name that configs of Clara 4 and MONAI use, with the module path that configs write before it. */
const named: Record<string, string> = {
  'monai.transforms.':
    'LoadImaged AddChanneld AsChannelFirstd AsChannelLastd EnsureChannelFirstd RepeatChanneld SqueezeDimd ToNumpyd ToTensord ' +
    'EnsureTyped CastToTyped Orientationd Spacingd Resized Zoomd Flipd Rotate90d Transposed CropForegroundd CenterSpatialCropd ' +
    'SpatialCropd SpatialPadd DivisiblePadd ResizeWithPadOrCropd ScaleIntensityd ScaleIntensityRanged ' +
    'ScaleIntensityRangePercentilesd NormalizeIntensityd ShiftIntensityd ThresholdIntensityd GaussianSmoothd MaskIntensityd ' +
    'AddExtremePointsChanneld ConvertToMultiChannelBasedOnBratsClassesd LabelToMaskd Activationsd AsDiscreted ' +
    'KeepLargestConnectedComponentd FillHolesd Invertd CopyItemsd ConcatItemsd SelectItemsd DeleteItemsd SplitChanneld Lambdad ' +
    'BorderPadd LabelFilterd MeanEnsembled Identityd ToDeviced',
  'monai.apps.deepgrow.transforms.':
    'AddGuidanceFromPointsd Fetch2DSliced SpatialCropGuidanced ResizeGuidanced AddGuidanceSignald RestoreLabeld',
  'aiaa.apps.deepgrow.transforms.': 'RestoreCroppedLabeld AddGuidanceSignald',
  'aiaa.transforms.': 'Restored ExtremePointsd BoundingBoxd LargestCCd',
  'monai.apps.deepedit.transforms.':
    'AddGuidanceFromPointsDeepEditd ResizeGuidanceMultipleLabelDeepEditd AddGuidanceSignalDeepEditd DiscardAddGuidanced',
  'scripts.transforms.': 'OrientationGuidanceMultipleLabelDeepEditd AddClickSignalsd',
};

const writers: Record<string, string> = {
  'monai.transforms.': 'SaveImaged SaveClassificationd',
  'aiaa.transforms.': 'Writer',
  'monailabel.transform.writer.': 'ClassificationWriter',
};

const refused: Record<string, RegExp> = {
  AddClickSignalsd: /patches around clicks on cells/,
};

const pairs = (table: Record<string, string>) =>
  Object.entries(table).flatMap(([path, names]) => names.split(' ').map((name): [string, string] => [path, name]));

describe.each(pairs(named))('%s%s', (path, name) => {
  const forms = [
    name,
    `${path}${name}`,
    ...(name.endsWith('d') ? [name.slice(0, -1)].flatMap((x) => [`${path}${x}D`, `${x}Dict`]) : []),
  ];

  test.each(forms)('%s is run, or refused with a reason', (form) => {
    const found = findTransform(form);
    if (refused[name]) {
      expect(found).toBeUndefined();
      expect(refusalOf(form)).toMatch(refused[name]);
    } else expect([found?.name, ...(found?.aliases ?? [])]).toContain(name);
  });
});

test.each(pairs(writers))('the writer %s%s', (path, name) => {
  expect(findWriter(`${path}${name}`)?.name).toBe(name);
});

test.each([
  'RandFlipd',
  'monai.transforms.RandSpatialCropd',
  'RandCropByPosNegLabelDict',
  'RandScaleIntensityD',
  'EnsureSameShaped',
  'AddRandomGuidanceDeepEditd',
  'AddInitialSeedPointd',
])('%s is for training', (name) => {
  expect(findTransform(name)).toBeUndefined();
  expect(refusalOf(name)).toMatch(/training/);
});
