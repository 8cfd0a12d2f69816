import { bundle, findingsOf, parse } from './configs';

const ofThisServer = { catalogue: undefined };

// What configs of MONAI's model zoo hold in their chains beside plain references, with the names of bundles that have it.
const device = "$torch.device('cuda:0' if torch.cuda.is_available() else 'cpu')";
// prettier-ignore
test.each<[string, Record<string, unknown>, Record<string, unknown>, Record<string, unknown>?]>([
  ['ventricular_short_axis_3label', { _target_: 'EnsureTyped', keys: 'pred', device: '@device' }, { keys: ['pred'] }],
  ['renalStructures_CECT_segmentation', { _target_: 'Invertd', keys: 'pred', transform: '$@preprocessing', device: '@device' }, { keys: ['pred'] }],
  ['none', { _target_: 'EnsureChannelFirstd', keys: 'pred', meta_key_postfix: "$monai.utils.PostFix.meta('pred')" }, { keys: ['pred'] }],
  ['vista3d', { _target_: 'Invertd', keys: 'pred', transform: '$copy.deepcopy(@preprocessing)' }, { keys: ['pred'] }],
  ['vista2d', { _target_: 'EnsureTyped', keys: 'pred', dtype: '$torch.float' }, { dtype: 'float32' }],
  ['endoscopic_inbody_classification', { _target_: 'CastToTyped', keys: 'pred', dtype: '$torch.float32' }, { dtype: 'float32' }],
  ['segmentation_template', { _target_: 'Activationsd', keys: '@pred', softmax: true }, { keys: ['pred'] }, { pred: '$monai.utils.CommonKeys.PRED' }],
  ['lung_nodule_ct_detection', { _target_: 'Activationsd', keys: 'pred', _disabled_: '@off' }, { keys: ['pred'] }, { on: true, off: '$(not @on)' }],
])('%s: %j', (_, step, args, more = {}) => {
  const spec = parse(bundle({ device, ...more, postprocessing: { _target_: 'Compose', transforms: [step] } }), ofThisServer);
  expect(spec.warnings).toEqual([]);
  expect(spec.post).toEqual([{ name: step._target_, args: expect.objectContaining(args) }]);
});

// prettier-ignore
test.each([
  ['segmentation_template', { output_dtype: '$None', dtype: '$None', data_root_dir: '$os.getcwd()' }, { output_dtype: 'float32', output_ext: '.nii.gz' }],
  ['mednist_gan', { output_ext: 'png', scale: 255, output_dtype: '$np.uint8', meta_key_postfix: null }, { output_dtype: 'uint8', output_ext: '.png' }],
  ['pediatric_abdominal_ct_segmentation', { output_dtype: '$torch.int16', separate_folder: false }, { output_dtype: 'int16' }],
])('%s saves with %j', (_, given, args) => {
  const step = { _target_: 'SaveImaged', keys: 'pred', ...given };
  const spec = parse(bundle({ postprocessing: { _target_: 'Compose', transforms: [step] } }), ofThisServer);
  expect(spec.writer).toEqual({ name: 'SaveImaged', args: expect.objectContaining(args) });
});

test.each([
  ['none', { _target_: 'Lambdad', keys: 'pred', func: '$lambda x: torch.load(x)' }, 'func'],
  ['none', { _target_: 'AsDiscreted', keys: 'pred', threshold: "$float(open('t').read())" }, 'threshold'],
  ['none', { _target_: 'Invertd', keys: 'pred', transform: '$copy.deepcopy(@postprocessing)' }, 'transform'],
])('%s: %j is refused, with the expression', (_, step, key) => {
  const { message } = findingsOf(bundle({ postprocessing: { _target_: 'Compose', transforms: [step] } }), ofThisServer);
  expect(message).toContain(`postprocessing.transforms[0]`);
  expect(message).toContain(JSON.stringify(step[key as keyof typeof step]));
});
