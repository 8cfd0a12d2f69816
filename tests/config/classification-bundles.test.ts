import { registryCatalogue as catalogue } from '../../gateway/config/reading';
import { parse, type Config } from './configs';

/** As bundles of MONAI's model zoo for classification are written: their scores are described as an image. */
const classifier = (transforms: Config[], more: Config = {}) => ({
  preprocessing: {
    _target_: 'Compose',
    transforms: [
      { _target_: 'LoadImaged', keys: 'image' },
      { _target_: 'EnsureChannelFirstd', keys: 'image', channel_dim: 2 },
      { _target_: 'ScaleIntensityd', keys: 'image', minv: 0.0, maxv: 1.0 },
      { _target_: 'Resized', keys: 'image', spatial_size: [299, 299] },
    ],
  },
  inferer: { _target_: 'SimpleInferer' },
  postprocessing: { _target_: 'Compose', transforms },
  ...more,
});
const metadataOf = (image: Config, pred: Config) => ({ network_data_format: { inputs: { image }, outputs: { pred } } });
const density = metadataOf(
  { num_channels: 3, spatial_shape: [299, 299] },
  { num_channels: 4, spatial_shape: [1, 4], channel_def: { '0': 'A', '1': 'B', '2': 'C', '3': 'D' } },
);
const tumour = metadataOf(
  { num_channels: 3, spatial_shape: [224, 224] },
  { num_channels: 1, spatial_shape: [1, 1], channel_def: { '0': 'metastasis' } },
);
const softmax = { _target_: 'Activationsd', keys: 'pred', softmax: true };

test('four densities: scores are a vector, every class has its name', () => {
  const spec = parse(classifier([softmax]), { bundleMetadata: density, catalogue });
  expect(spec).toMatchObject({
    type: 'classification',
    labels: ['A', 'B', 'C', 'D'],
    writer: { name: 'ClassificationWriter' },
  });
  expect(spec.triton).toMatchObject({ input: [{ dims: [3, 299, 299] }], output: [{ dims: [4] }] });
});

test('the number of the class, background among them, saved by MONAI', () => {
  const pred = { num_channels: 2, spatial_shape: [1, 2], channel_def: { '0': 'background', '1': 'nodule' } };
  const steps = [{ _target_: 'AsDiscreted', keys: 'pred', argmax: true }, { _target_: 'SaveClassificationd', keys: 'pred' }]; // prettier-ignore
  const bundleMetadata = metadataOf({ num_channels: 1, spatial_shape: [96, 96, 96] }, pred);
  const spec = parse(classifier(steps), { bundleMetadata, catalogue });
  expect(spec).toMatchObject({ type: 'classification', labels: ['background', 'nodule'], writer: { name: 'SaveClassificationd' } }); // prettier-ignore
});

test('one class of one score', () => {
  const sigmoid = { _target_: 'Activationsd', keys: 'pred', sigmoid: true };
  const spec = parse(classifier([sigmoid]), { bundleMetadata: tumour, catalogue });
  expect([spec.type, spec.labels, spec.triton?.output[0].dims]).toEqual(['classification', ['metastasis'], [1]]);
});

test('what saves an image stays an image', () => {
  const spec = parse(classifier([{ _target_: 'SaveImaged', keys: 'pred' }]), { bundleMetadata: density, catalogue });
  expect([spec.type, spec.triton?.output[0].dims]).toEqual(['segmentation', [4, 1, 4]]);
});
