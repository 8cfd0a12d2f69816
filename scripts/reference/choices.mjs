/** Where nothing public says what AIAA did: the question, and what was chosen. */
export const choices = [
  ['A1', 'numbers of Clara’s resizes', 'half-pixel, edge voxels repeated; `--resampling` has the other two readings'],
  [
    'A1b',
    'labels in Clara’s resizes',
    'the nearest voxel by the same rule, in whole numbers; of two equally near ones the later',
  ],
  ['A1c', 'lengths of resized axes', 'rounded, halves to the even number; at least 1'],
  [
    'A2',
    'overlap of Clara 3.1’s windows',
    'as in Clara 2 and MONAI 0.1, repeated windows count twice; `--clara_windows=monai` has the later rule. AIAA 4 and bundles go by MONAI’s',
  ],
  ['A3', 'the affine after ScaleByResolution', 'stays that of the file, as after every resize and crop of Clara'],
  [
    'A4',
    'what RestoreOriginalShape goes back to',
    'the shape right after loading: with `as_closest_canonical` that of the canonical axes',
  ],
  ['A5', 'channel axis after ArgmaxAcrossChannels', 'kept, with length 1; the writer drops it'],
  ['A6', 'what NormalizeNonzeroIntensities measures', 'each channel by itself'],
  ['A7', 'a value equal to the threshold of ThresholdValues', 'becomes 0'],
  ['A8', 'values in a PNG', 'as they are, so that a mask of 0 and 1 looks black; `scale` of WritePng stretches them'],
  ['A9', 'order of colours', 'red, green, blue'],
  ['A10', 'axes of a picture', 'rows first (bundles: columns first)'],
  [
    'A11',
    'voxels that FetchExtremePoints takes',
    'of several outermost ones the first, last axis fastest; the middle of the voxel is looked up in the file’s axes, cut down. All labels together; none gives `[]`',
  ],
  ['A12', 'axes that a resize or crop is about', 'those that are not the channel axis, however many there are'],
  ['A13', 'a result without any affine', 'is written with the identity'],
  ['A14', 'softmax or sigmoid of a Clara network', 'is part of it: nothing is added'],
  [
    'A15',
    'values that the written type cannot hold',
    'are an error that names one, and the range: a label must not become another one',
  ],
  [
    'A16',
    'a result in canonical axes',
    'goes back to the file’s axes, also when the config copied neither affine nor `as_canonical`: clients need a mask on the grid of their image',
  ],
  ['A17', 'a 4-D file with a last axis of 1', 'is a 3-D image without channels, in every dialect'],
  [
    'A18',
    '`Restored` after `Orientationd`',
    'turns back too; MONAI Label’s, of the same author, does not, and gives a turned mask',
  ],
  ['A19', 'the gaussian of points at the border', 'zeros lie around the image'],
  ['A20', 'points of a request', 'are indices of the file, brought to the resized image and cut down'],
  ['A21', 'as many labels as channels', 'not needed; a load only warns'],
];
