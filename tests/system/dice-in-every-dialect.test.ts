import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { decodeImage } from '../../gateway/imaging/formats/decode';
import { describeWithData } from '../shared-data';
import { infer } from './client';
import { sharedServer } from './shared-server';

const HEADER_BYTES = 352;
const models = ['data/models/spleen_ct_unet2d.onnx', 'data/models/spleen_ct_unet2d.pt', 'data/models/brain_gwm_meshnet5.onnx', 'data/models/brain_gwm_meshnet5.pt']; // prettier-ignore
const images = ['data/ct/ct_abdomen_512x512x20.nii.gz', 'data/ct/ct_abdomen_512x512x20_seg117.nii.gz', 'data/mr/t1_norm_256.nii.gz', 'data/mr/t1_norm_256_aparc_aseg.nii.gz']; // prettier-ignore

/** FreeSurfer's labels of each class: white matter and callosum; cortex, deep grey and cerebellum. Its cortical parcels begin at 1000. */
const white = [2, 7, 41, 46, 77, 251, 252, 253, 254, 255];
const deepGrey = [8, 10, 11, 12, 13, 17, 18, 26, 47, 49, 50, 51, 52, 53, 54, 58];

const onnx = (maxBatch: number, input: number[], output: number[]) => ({
  platform: 'onnxruntime_onnx',
  max_batch_size: maxBatch,
  input: [{ name: 'INPUT', data_type: 'TYPE_FP32', dims: input }],
  output: [{ name: 'LOGITS', data_type: 'TYPE_FP32', dims: output }],
});

const free3 = [-1, -1, -1];
const clara4 = (pre: object[], args: object, triton: object, post: object[]) => ({
  version: '4',
  type: 'segmentation',
  labels: ['1', '2'],
  pre_transforms: pre,
  inference: {
    input: 'image',
    output: 'pred',
    TRITON: { name: 'aiaa.inference.TritonInference', args, triton_model_config: triton },
  },
  post_transforms: post,
  writer: { name: 'aiaa.transforms.Writer', args: { image: 'pred', json: 'result' } },
});
const step = (name: string, args: object) => ({ name: `monai.transforms.${name}`, args });
const target = (name: string, args: object) => ({ _target_: name, ...args });
const bundle = (pre: object[], inferer: object, post: object[]) => ({
  imports: ['$import glob'],
  image_key: 'image',
  device: "$torch.device('cuda:0' if torch.cuda.is_available() else 'cpu')",
  preprocessing: target('Compose', { transforms: pre }),
  inferer,
  postprocessing: target('Compose', { transforms: post }),
});
const undo = { keys: 'pred', transform: '@preprocessing', orig_keys: '@image_key', nearest_interp: false };
const save = target('SaveImaged', { keys: 'pred', output_dir: './eval', output_dtype: '$numpy.float32' });

const brain = {
  v3: {
    version: '3',
    type: 'segmentation',
    labels: ['white', 'grey'],
    pre_transforms: [
      { name: 'LoadNifti', args: { fields: 'image' } },
      { name: 'ConvertToChannelsFirst', args: { fields: 'image' } },
      { name: 'ScaleIntensityRange', args: { fields: 'image', a_min: 0, a_max: 125, b_min: 0, b_max: 1 } },
    ],
    inference: {
      image: 'image',
      name: 'TRTISInference',
      args: { scanning_window: false },
      node_mapping: { INPUT: 'image', LOGITS: 'model' },
      trtis: onnx(1, [1, ...free3], [3, ...free3]),
    },
    post_transforms: [
      { name: 'ArgmaxAcrossChannels', args: { fields: 'model' } },
      { name: 'CopyProperties', args: { fields: 'model', from_field: 'image', properties: ['affine'] } },
    ],
    writer: { name: 'WriteNifti', args: { field: 'model', dtype: 'uint8' } },
  },
  v4: clara4(
    [
      step('LoadImaged', { keys: 'image' }),
      step('EnsureChannelFirstd', { keys: 'image' }),
      step('ScaleIntensityd', { keys: 'image' }),
      step('CropForegroundd', { keys: 'image', source_key: 'image', margin: 16, k_divisible: 16 }),
    ],
    {},
    onnx(1, [1, ...free3], [3, ...free3]),
    [step('AsDiscreted', { keys: 'pred', argmax: true }), step('Invertd', { keys: 'pred', orig_keys: 'image' })],
  ),
  bundle: bundle(
    [
      target('LoadImaged', { keys: '@image_key' }),
      target('EnsureChannelFirstd', { keys: '@image_key' }),
      target('CropForegroundd', { keys: '@image_key', source_key: '@image_key', margin: 16, k_divisible: 16 }),
      target('Spacingd', { keys: '@image_key', pixdim: [1, 1, 1] }),
      target('ScaleIntensityd', { keys: '@image_key', minv: 0, maxv: 1 }),
    ],
    target('SimpleInferer', {}),
    [target('Activationsd', { keys: 'pred', softmax: true }), target('Invertd', undo), target('AsDiscreted', { keys: 'pred', argmax: true }), save],
  ),
}; // prettier-ignore

const spleen = {
  v4: clara4(
    [
      step('LoadImaged', { keys: 'image' }),
      step('AddChanneld', { keys: 'image' }),
      step('Orientationd', { keys: 'image', axcodes: 'RAS' }),
      step('Spacingd', { keys: 'image', pixdim: [2, 2, 2] }),
      step('ScaleIntensityRanged', { keys: 'image', a_min: -160, a_max: 240, b_min: 0, b_max: 1, clip: true }),
    ],
    { scanning_window: true, roi: [256, 256, 1], sw_batch_size: 8 },
    onnx(8, [1, -1, -1], [5, -1, -1]),
    [
      step('AddChanneld', { keys: 'pred' }),
      step('Activationsd', { keys: 'pred', softmax: true }),
      step('SqueezeDimd', { keys: 'pred', dim: 0 }),
      // Before argmax, for sharp borders: labels brought back by their nearest voxel reach 0.967, AIAA's own Restored 0.969.
      step('Invertd', { keys: 'pred', orig_keys: 'image', nearest_interp: false }),
      step('AsDiscreted', { keys: 'pred', argmax: true }),
    ],
  ),
  bundle: bundle(
    [
      target('LoadImaged', { keys: '@image_key' }),
      target('EnsureChannelFirstd', { keys: '@image_key' }),
      target('Orientationd', { keys: '@image_key', axcodes: 'RAS' }),
      target('Spacingd', { keys: '@image_key', pixdim: [2, 2, 2], mode: 'bilinear' }),
      target('ScaleIntensityRanged', { keys: '@image_key', a_min: -160, a_max: 240, b_min: 0, b_max: 1, clip: true }),
      target('EnsureTyped', { keys: '@image_key' }),
    ],
    target('SliceInferer', { roi_size: [256, 256], spatial_dim: 2, sw_batch_size: 8 }),
    [target('Activationsd', { keys: 'pred', softmax: true }), target('Invertd', undo), target('AsDiscreted', { keys: 'pred', argmax: true }), save],
  ),
}; // prettier-ignore

/** For each of `classes` (1, 2, …) the Dice coefficient of the mask's label with that class of the reference. */
function dice(mask: Uint8Array, reference: ArrayLike<number>, classOf: Uint8Array, classes: number): number[] {
  const both = new Float64Array(classes + 1);
  const either = new Float64Array(classes + 1);
  for (let i = 0; i < mask.length; i++) {
    const [a, b] = [mask[i], classOf[reference[i]]];
    if (a <= classes) either[a]++;
    either[b]++;
    if (a === b) both[a]++;
  }
  return [...both.subarray(1)].map((count, c) => (2 * count) / either[c + 1]);
}

/** Class of each label of the reference; others are background. */
function classTable(of: (label: number) => number): Uint8Array {
  return Uint8Array.from({ length: 65536 }, (_, label) => of(label));
}

describeWithData('networks of known quality', [...models, ...images], (...files) => {
  const [spleenOnnx, spleenTorch, brainOnnx, brainTorch, ct, ctLabels, mr, mrLabels] = files;
  async function segment(name: string, config: object, model: string, image: string): Promise<Buffer> {
    const { url } = await sharedServer({ [name]: [config, readFileSync(model), path.basename(model)] });
    const bytes = readFileSync(image);
    const answer = await infer(url, name, bytes);
    expect({ status: answer.status, message: answer.json?.error?.message }).toEqual({
      status: 200,
      message: undefined,
    });
    const [input, mask] = [gunzipSync(bytes), gunzipSync(answer.image!)];
    // The grid of the file, byte for byte: dims, spacing, qform and sform; labels as uint8.
    expect(mask.subarray(40, 56)).toEqual(input.subarray(40, 56));
    expect(mask.subarray(252, 328)).toEqual(input.subarray(252, 328));
    expect(mask.readInt16LE(70)).toBe(2);
    return mask.subarray(HEADER_BYTES);
  }

  // v3 is what spleen.test.ts compares voxel by voxel with the reference chain.
  test.each([
    ['v4', spleenOnnx],
    ['bundle', spleenTorch],
  ] as const)('spleen, %s: 0.972', async (dialect, model) => {
    const { volume } = await decodeImage(ctLabels, ctLabels);
    const mask = await segment(`spleen_${dialect}`, spleen[dialect], model, ct);
    const [ofSpleen] = dice(mask, volume.data as Uint8Array, classTable((label) => (label === 1 ? 1 : 0)), 1);
    expect(Math.abs(ofSpleen - 0.972)).toBeLessThan(0.002);
  }); // prettier-ignore

  test.each([
    ['v3', brainOnnx],
    ['v4', brainOnnx],
    ['bundle', brainTorch],
  ] as const)('brain, %s: white 0.906, grey 0.817', async (dialect, model) => {
    const { volume } = await decodeImage(mrLabels, mrLabels);
    const mask = await segment(`brain_${dialect}`, brain[dialect], model, mr);
    const classOf = (label: number) => (white.includes(label) ? 1 : label >= 1000 || deepGrey.includes(label) ? 2 : 0);
    const [ofWhite, ofGrey] = dice(mask, volume.data as Int32Array, classTable(classOf), 2);
    expect(Math.abs(ofWhite - 0.906)).toBeLessThan(0.002);
    expect(Math.abs(ofGrey - 0.817)).toBeLessThan(0.002);
  }); // prettier-ignore
});
