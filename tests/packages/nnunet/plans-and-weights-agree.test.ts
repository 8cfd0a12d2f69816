import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseModelConfig } from '../../../gateway/config/parse-model-config';
import { openOnnxModel } from '../../../gateway/packages/formats/onnx-model';
import { openUpload } from '../../../gateway/packages/open-upload';
import { decodeHalf } from '../../../gateway/half';
import { zipOf } from '../zip-builder';
import { checkpoint, type BuiltCheckpoint } from './pickle-builder';
import { architecture, dataset, parameter, plansWith, sizes, small, weightsOf } from './small-network';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'plans-'))));
afterEach(() => rmSync(folder, { recursive: true }));

function open(content: Buffer, name = 'model.zip', choice = {}) {
  const path = join(folder, 'sent');
  writeFileSync(path, content);
  return openUpload({ data: { path, name }, choice }, folder);
}

const lone = (changes: Partial<BuiltCheckpoint>) => open(checkpoint(small(changes)), 'checkpoint_final.pth');
const kwargs = architecture.arch_kwargs;
const withArgs = (more: object) => plansWith({ ...architecture, arch_kwargs: { ...kwargs, ...more } }, [8, 8]);
const withKeys = (more: object) => ({ ...small().plans as object, ...more }); // prettier-ignore
const without = (name: string) => weightsOf(sizes.filter(([one]) => one !== name));

test('the model has the ends of its plans, its weights lie beside it once', async () => {
  const { data } = await lone({ mirrorAxes: [0, 1] });
  const model = await openOnnxModel(data.file!.path);
  expect(model).toMatchObject({
    inputs: [{ name: 'input', dataType: 'TYPE_FP32', dims: [-1, 1, 8, 8] }],
    outputs: [{ name: 'logits', dataType: 'TYPE_FP32', dims: [-1, 2, 8, 8] }],
    externalFiles: [{ location: 'model.onnx.data' }],
    foreign: [],
    trainingNodes: [],
  });
  const weights = readFileSync(join(data.path, 'version', 'model.onnx.data'));
  const floats = sizes.reduce((sum, [, size]) => sum + Math.ceil((4 * size.reduce((a, b) => a * b, 1)) / 64) * 64, 0);
  expect(weights.length).toBeLessThanOrEqual(floats);
  const first = new Float32Array(weights.buffer, weights.byteOffset, 18);
  expect([...first]).toEqual([...parameter(sizes[0][0], sizes[0][1]).data]);
});

test('precision=fp16 stores the weights of convolutions as halves, and says that masks are not exact', async () => {
  const { data, config } = await open(checkpoint(small()), 'checkpoint_final.pth', { precision: 'fp16' });
  const weights = readFileSync(join(data.path, 'version', 'model.onnx.data'));
  const first = new Float32Array(18);
  decodeHalf(new Uint16Array(weights.buffer, weights.byteOffset, 18), first);
  const exact = parameter(sizes[0][0], sizes[0][1]).data;
  exact.forEach((value, at) => expect(Math.abs(first[at] - value)).toBeLessThanOrEqual(Math.abs(value) * 2 ** -11));
  expect(parseModelConfig(JSON.parse(config), 'm').warnings).toEqual([expect.stringContaining('half precision (precision=fp16)')]); // prettier-ignore
});

test.each([
  ['another precision', small(), { precision: 'int8' }, 'precision is "int8"; expected fp32, or fp16 for GPUs'],
  ['weights beyond it', small({ weights: { ...weightsOf(sizes), 'decoder.transpconvs.0.bias': { size: [2], data: Float32Array.of(1, 65520) } } }), { precision: 'fp16' }, 'its weights "fold0.decoder.transpconvs.0.bias" have 65520, which half precision cannot hold'],
])('%s is refused', async (_, built, choice, message) => {
  await expect(open(checkpoint(built), 'checkpoint_final.pth', choice)).rejects.toThrow(message);
}); // prettier-ignore

test('of a checkpoint alone there is nothing to choose', async () => {
  const { warnings } = await open(checkpoint(small()), 'checkpoint_final.pth', { folds: '0,1' });
  expect(warnings).toEqual(['The form field "folds" was not used: a checkpoint is one fold of one configuration']);
});

test.each<[string, Partial<BuiltCheckpoint>, RegExp]>([
  ['a network that is not served', { plans: plansWith({ ...architecture, network_class_name: 'a.b.Primus' }, [8, 8]) }, /the network is Primus; served are PlainConvUNet/],
  ['a preprocessor of its own', { plans: plansWith(architecture, [8, 8], { preprocessor_name: 'MyPreprocessor' }) }, /preprocessor_name is "MyPreprocessor"/],
  ['a normalization of its own', { plans: plansWith(architecture, [8, 8], { normalization_schemes: ['MyNorm'] }) }, /normalization scheme is "MyNorm"/],
  ['a resampling of its own', { plans: plansWith(architecture, [8, 8], { resampling_fn_data: 'my_resampling' }) }, /resampling_fn_data is "my_resampling"/],
  ['labels managed otherwise', { plans: withKeys({ label_manager: 'MyManager' }) }, /label_manager is "MyManager"/],
  ['a reader that is not served', { plans: withKeys({ image_reader_writer: 'MyReader' }) }, /image_reader_writer is "MyReader"/],
  ['the second stage of a cascade', { plans: plansWith(architecture, [8, 8], { previous_stage: '3d_lowres' }) }, /second stage of a cascade/],
  ['an activation that is not served', { plans: withArgs({ nonlin: 'torch.nn.GELU' }) }, /nonlin is torch\.nn\.GELU/],
  ['3-D convolutions for a 2-D patch', { plans: withArgs({ conv_op: 'torch.nn.modules.conv.Conv3d' }) }, /conv_op is .*Conv3d, and the patch has 2 axes/],
  ['stages that are not counted alike', { plans: withArgs({ features_per_stage: [2, 3, 4] }) }, /features_per_stage has 3 entries, and the network 2 stages/],
  ['a patch that the strides do not divide', { plans: plansWith(architecture, [8, 7]) }, /axis 1 of the patch has 7 voxels, and the strides need a multiple of 2/],
  ['other kernels than the plans', { plans: withArgs({ kernel_sizes: [[3, 3], [5, 5]] }) }, /"encoder\.stages\.1\.0\.convs\.0\.conv\.weight" has the shape \[3, 2, 3, 3\] in the checkpoint, and \[3, 2, 5, 5\] by the plans/],
  ['weights that are missing', { weights: without('decoder.transpconvs.0.weight') }, /lacks "decoder\.transpconvs\.0\.weight"/],
  ['weights that are left over', { weights: { ...weightsOf(sizes), 'encoder.extra.weight': parameter('x', [1]) } }, /do not explain the weights encoder\.extra\.weight/],
  ['more classes than the network has', { dataset: { ...dataset, labels: { background: 0, a: 1, b: 2 } } }, /"decoder\.seg_layers\.0\.weight" has the shape \[2, 2, 1, 1\] in the checkpoint, and \[3,/],
  ['labels with a gap', { dataset: { ...dataset, labels: { background: 0, a: 1, b: 5 } } }, /the labels are 0, 1, 5; nnU-Net numbers them from 0 without a gap/],
  ['regions without an order', { dataset: { ...dataset, labels: { background: 0, whole: [1, 2], core: [2] } } }, /regions_class_order has no entries, and there are 2 regions/],
  ['channels without a normalization', { dataset: { ...dataset, channel_names: { 0: 'T1', 1: 'T2' } } }, /dataset\.json has 2 channels and plans\.json normalization schemes of 1/],
  ['a configuration that is not there', { configuration: '3d_fullres' }, /no configuration "3d_fullres" \(a string\) \(it has test\)/],
  ['mirroring of an axis that is not there', { mirrorAxes: [0, 2] }, /mirrors axis 2, and the patch has 2 axes/],
  ['plans that inherit from themselves', { plans: plansWith(architecture, [8, 8], { inherits_from: 'test' }) }, /"test" inherits from itself/],
  ['no plans', { plans: null }, /does not say its plans/],
])('%s', async (_what, changes, message) => {
  await expect(lone(changes)).rejects.toThrow(message);
  await expect(lone(changes)).rejects.toMatchObject({ code: 'BAD_MODEL_FILE' });
}); // prettier-ignore

test('the first generation of plans, without an architecture', async () => {
  const flat = { UNet_class_name: 'PlainConvUNet', UNet_base_num_features: 2, unet_max_num_features: 3, n_conv_per_stage_encoder: [1, 1], n_conv_per_stage_decoder: [1], pool_op_kernel_sizes: [[1, 1], [2, 2]], conv_kernel_sizes: [[3, 3], [3, 3]] }; // prettier-ignore
  const { config } = await lone({ plans: plansWith(undefined as never, [8, 8], flat) });
  expect(JSON.parse(config).nnunet.plans.configurations.test.UNet_class_name).toBe('PlainConvUNet');
});

const part = (configuration: string, folds: string[], changes: Partial<BuiltCheckpoint> = {}, root = 'Dataset001_test/') => {
  const { plans } = small();
  const own = { ...(plans as { configurations: object }), configurations: { [configuration]: Object.values((plans as { configurations: object }).configurations)[0] } };
  const inner = `${root}nnUNetTrainer__nnUNetPlans__${configuration}`;
  const one = (fold: string) => [`${inner}/fold_${fold}/checkpoint_final.pth`, checkpoint(small({ plans: own, configuration, ...changes }))];
  return { [`${inner}/plans.json`]: JSON.stringify(own), [`${inner}/dataset.json`]: JSON.stringify(dataset), ...Object.fromEntries(folds.map(one)) };
}; // prettier-ignore

const section = async (files: Record<string, string | Buffer>, choice = {}) => {
  const { config, warnings } = await open(zipOf(files), 'model.zip', choice);
  const { nnunet } = JSON.parse(config);
  return { configuration: nnunet.configuration, folds: nnunet.folds, warnings };
};

test('all numbered folds, without fold_all; others on demand', async () => {
  const files = part('2d', ['0', '1', 'all']);
  expect(await section(files)).toEqual({ configuration: '2d', folds: 2, warnings: [] });
  rmSync(join(folder, 'repository'), { recursive: true });
  expect(await section(files, { folds: 'all' })).toEqual({ configuration: '2d', folds: 1, warnings: [] });
  await expect(section(files, { folds: '0,4' })).rejects.toThrow(/folds is "0,4", and .* has 0, 1, all/);
});

test('of several configurations the one that inference_information.json calls the best, else by nnU-Net’s order', async () => {
  const files = { ...part('2d', ['0']), ...part('3d_fullres', ['0']) };
  expect(await section(files)).toMatchObject({ configuration: '3d_fullres', warnings: [expect.stringMatching(/3d_fullres\/ was taken, not .*2d/)] });
  rmSync(join(folder, 'repository'), { recursive: true });
  const best = JSON.stringify({ best_model_or_ensemble: { selected_model_or_models: [{ configuration: '2d' }] } });
  expect(await section({ ...files, 'Dataset001_test/inference_information.json': best })).toMatchObject({ configuration: '2d', warnings: [expect.stringMatching(/calls the best/)] });
  rmSync(join(folder, 'repository'), { recursive: true });
  expect(await section(files, { configuration: '2d' })).toMatchObject({ configuration: '2d', warnings: [] });
  await expect(section(files, { configuration: '3d_lowres' })).rejects.toThrow(/no configuration "3d_lowres" \(it has 2d, 3d_fullres\)/);
}); // prettier-ignore

const KEEP = 'remove_all_but_largest_component_from_segmentation';
const steps = (...labels: unknown[]) => JSON.stringify({ postprocessing_fns: labels.map(() => KEEP), postprocessing_kwargs: labels.map((labels_or_regions) => ({ labels_or_regions })) }); // prettier-ignore

test('postprocessing.json: that of the served folds, labels and regions alike; other functions are refused', async () => {
  const files = part('2d', ['0', '1']);
  const [root] = Object.keys(files)[0].match(/^.*2d\//)!;
  const place = (folds: string, kind = 'json') => `${root}crossval_results_folds_${folds}/postprocessing.${kind}`;
  const read = async (more: Record<string, string>) => {
    rmSync(join(folder, 'repository'), { recursive: true, force: true });
    const { config, warnings } = await open(zipOf({ ...files, ...more }));
    return { keep_largest: JSON.parse(config).nnunet.keep_largest, warnings };
  };
  expect(await read({ [place('0_1')]: steps([1, 2], 2, [[1, 2], [2]]), [place('0')]: steps(1), [place('0_1', 'pkl')]: 'x' })).toEqual({ keep_largest: [[1, 2], [2], [1, 2]], warnings: [] });
  expect(await read({ [place('0_1')]: steps() })).toEqual({ keep_largest: [], warnings: [] });
  expect(await read({ [place('0')]: steps(1) })).toEqual({ keep_largest: [[1]], warnings: [expect.stringMatching(/made with other folds than 0, 1/)] });
  expect(await read({ [place('0')]: steps(1), [place('1')]: steps(1) })).toEqual({ keep_largest: [], warnings: [expect.stringMatching(/not applied: none is of the folds 0, 1/)] });
  expect(await read({ [place('0_1', 'pkl')]: 'x' })).toEqual({ keep_largest: [], warnings: [expect.stringMatching(/pickle alone/)] });
  await expect(read({ [place('0_1')]: steps(1).replace(KEEP, 'my_step') })).rejects.toThrow(/postprocessing\.json: postprocessing_fns\.0 is "my_step".*expected the function remove_all_but_largest/);
  await expect(read({ [place('0_1')]: steps(1.5) })).rejects.toThrow(/postprocessing\.json: postprocessing_kwargs\.0\.labels_or_regions is 1\.5/);
}); // prettier-ignore

const best = (...configurations: string[]) => ({
  'Dataset001_test/inference_information.json': JSON.stringify({ best_model_or_ensemble: { selected_model_or_models: configurations.map((configuration) => ({ configuration, trainer: 'nnUNetTrainer', plans_identifier: 'nnUNetPlans' })) } }),
}); // prettier-ignore

test('an ensemble is served where all its parts are there, else one of them with a warning', async () => {
  const files = { ...part('2d', ['0']), ...part('3d_fullres', ['0']) };
  const { config, data, warnings } = await open(zipOf({ ...files, ...best('2d', '3d_fullres') }));
  expect({ warnings, nnunet: JSON.parse(config).nnunet }).toMatchObject({ warnings: [], nnunet: { configuration: '2d', ensemble: [{ configuration: '3d_fullres' }] } });
  expect(await openOnnxModel(data.file!.path)).toMatchObject({ inputs: [{ name: 'input', dims: [-1, -1, -1, -1, -1] }, { name: 'network', dims: [-1, -1] }], foreign: [] });
  rmSync(join(folder, 'repository'), { recursive: true });
  expect(await section({ ...files, ...best('2d', '3d_lowres') })).toMatchObject({ configuration: '3d_fullres', warnings: [expect.stringMatching(/3d_fullres\/ was taken; inference_information\.json calls best what needs 3d_lowres, which is not in the archive, not/)] });
}); // prettier-ignore

const planned = (more: object) => ({ plans: { ...(small().plans as object), ...more } });

test.each<[string, Record<string, string | Buffer>, RegExp]>([
  ['other labels', { 'dataset.json': JSON.stringify({ ...dataset, labels: { background: 0, vessel: 1 } }) }, /"2d" and "3d_fullres" do not belong together: the labels are \{"1":"tumour"\} for one and \{"1":"vessel"\} for the other/],
  ['other channels', { 'dataset.json': JSON.stringify({ ...dataset, channel_names: { 0: 'CT' } }) }, /do not belong together: the channels are \["MRI"\] for one and \["CT"\]/],
  ['axes turned', { 'plans.json': JSON.stringify(planned({ transpose_forward: [1, 0, 2], transpose_backward: [1, 0, 2], configurations: { '3d_fullres': (small().plans as { configurations: { test: object } }).configurations.test } }).plans) }, /turn their axes differently/],
  ['another reader', { 'plans.json': JSON.stringify(planned({ image_reader_writer: 'NibabelIOWithReorient', configurations: { '3d_fullres': (small().plans as { configurations: { test: object } }).configurations.test } }).plans) }, /image_reader_writer is "SimpleITKIO" for one and "NibabelIOWithReorient"/],
])('parts of an ensemble with %s', async (_what, changes, message) => {
  const root = 'Dataset001_test/nnUNetTrainer__nnUNetPlans__3d_fullres/';
  const changed = Object.fromEntries(Object.entries(changes).map(([name, content]) => [root + name, content]));
  const files = { ...part('2d', ['0']), ...part('3d_fullres', ['0']), ...changed, ...best('2d', '3d_fullres') };
  await expect(open(zipOf(files))).rejects.toThrow(message);
}); // prettier-ignore

test('the inner folder by itself, with what macOS adds; nothing of the checkpoints is left', async () => {
  const inner = Object.fromEntries(Object.entries(part('2d', ['0'], {}, '')).map(([path, content]) => [path.replace(/^[^/]+\//, ''), content])); // prettier-ignore
  expect(await section({ ...inner, '__MACOSX/._plans.json': 'x', 'fold_0/._checkpoint_final.pth': 'x' })).toMatchObject({ configuration: '2d' }); // prettier-ignore
  expect(existsSync(join(folder, 'checkpoints'))).toBe(false);
});

test('folds that differ in shape', async () => {
  const files = part('2d', ['0', '1']);
  const other = small({ configuration: '2d', weights: { ...weightsOf(sizes), 'decoder.seg_layers.0.bias': parameter('b', [3]) } });
  const path = Object.keys(files).find((name) => name.includes('fold_1'))!;
  await expect(section({ ...files, [path]: checkpoint(other) })).rejects.toThrow(/"decoder\.seg_layers\.0\.bias" has the shape \[3\] in fold number 2 and \[2\] in the first/);
}); // prettier-ignore

test('what is sent beside it goes into the config', async () => {
  const path = join(folder, 'sent');
  writeFileSync(path, checkpoint(small()));
  const sent = JSON.stringify({ description: 'Tumours', labels: [{ name: 'tumour', color: [255, 0, 0] }] });
  const { config } = await openUpload({ config: sent, data: { path, name: 'checkpoint_final.pth' } }, folder);
  expect(JSON.parse(config)).toMatchObject({ description: 'Tumours', labels: [{ name: 'tumour' }], nnunet: { configuration: 'test' } }); // prettier-ignore
});
