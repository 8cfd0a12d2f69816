import { readFileSync } from 'node:fs';
import { parseModelConfig } from '../../gateway/config/parse-model-config';
import type { Config } from './configs';
import { findingsOf } from './configs';
import { describeWithData } from '../shared-data';

interface Expected {
  file: string;
  dialect: string;
  type?: string;
  labels?: string[];
  version?: string;
  /** Names in order, to tell canonical names as well as counts. */
  pre: string;
  cacheable: number;
  post: string;
  writer?: string;
  /** `simple`, or window size @ overlap × batch, or the models of a pipeline. */
  inferer: string;
  platform?: string;
  maxBatch?: number;
  input?: number[];
  output?: number[];
  info?: Config;
}

const load = 'LoadImaged AsChannelFirstd Spacingd';
const deepgrow2d = `${load} AddGuidanceFromPointsd Fetch2DSliced AddChanneld SpatialCropGuidanced Resized ResizeGuidanced NormalizeIntensityd AddGuidanceSignald`;
const deepgrow3d = `${load} AddGuidanceFromPointsd AddChanneld SpatialCropGuidanced Resized ResizeGuidanced NormalizeIntensityd AddGuidanceSignald`;
const click = 'Activationsd AsDiscreted ToNumpyd RestoreLabeld AsChannelLastd';

const spleen = {
  dialect: 'clara-4',
  labels: ['spleen'],
  pre: 'LoadImaged AddChanneld Spacingd ScaleIntensityRanged',
  cacheable: 4,
  post: 'AddChanneld Activationsd AsDiscreted SqueezeDimd ToNumpyd Restored ExtremePointsd BoundingBoxd',
  inferer: 'monai-0 160,160,160 @ 0.5 × 1',
  platform: 'pytorch_libtorch',
  maxBatch: 1,
  input: [1, 160, 160, 160],
  output: [2, 160, 160, 160],
};

// prettier-ignore
const twoD = { type: 'deepgrow', pre: deepgrow2d, cacheable: 3, post: click, inferer: 'simple', maxBatch: 32, input: [3, 256, 256], output: [1, 256, 256], info: { deepgrow: '2D' } };
const threeD = {
  ...twoD,
  pre: deepgrow3d,
  maxBatch: 1,
  input: [3, 128, 192, 192],
  output: [1, 128, 192, 192],
  info: { deepgrow: '3D' },
};
// prettier-ignore
const pipeline = { type: 'pipeline', pre: load, cacheable: 3, post: 'LargestCCd RestoreLabeld AsChannelLastd ExtremePointsd BoundingBoxd', info: { deepgrow: '3D' } };
const bundle = {
  dialect: 'monai-bundle',
  writer: 'SaveImaged',
  maxBatch: 1,
  input: [-1, -1, -1, -1],
  output: [-1, -1, -1, -1],
};

// One line per file.
// prettier-ignore
const table: Expected[] = [
  { file: 'v4.0-spleen-segmentation.config_aiaa.json', ...spleen },
  { file: 'v4.1-spleen-segmentation.config_aiaa.json', ...spleen },
  { file: 'v4-deepgrow2d.config_aiaa.json', dialect: 'clara-4', ...twoD },
  { file: 'v4-deepgrow3d.config_aiaa.json', dialect: 'clara-4', ...threeD },
  { file: 'v4ea-deepgrow2d.config_aiaa.json', dialect: 'clara-4-ea', ...twoD },
  { file: 'v4ea-deepgrow3d.config_aiaa.json', dialect: 'clara-4-ea', ...threeD },
  { file: 'v4-deepgrow2d3d-pipeline.json', dialect: 'clara-4', ...pipeline, inferer: 'GA_deepgrow_2d GA_deepgrow_3d × 32' },
  { file: 'v4-deepgrow-pipeline-mmar.json', dialect: 'clara-4', ...pipeline, inferer: 'MyDeepgrow_2D MyDeepgrow_3D × 32' },
  { file: 'v4ea-deepgrow-pipeline.json', dialect: 'clara-4-ea', ...pipeline, inferer: 'MySpleenDeepgrow_2D MySpleenDeepgrow_3D × 32' },
  { file: 'bundle-spleen_ct_segmentation-inference.json', ...bundle, pre: 'LoadImaged EnsureChannelFirstd Orientationd Spacingd ScaleIntensityRanged EnsureTyped', cacheable: 6, post: 'Activationsd Invertd AsDiscreted', inferer: 'monai-1 96,96,96 @ 0.5 × 4', maxBatch: 4 },
  { file: 'bundle-prostate_mri_anatomy-inference.json', ...bundle, pre: 'LoadImaged EnsureChannelFirstd Orientationd Spacingd ScaleIntensityd NormalizeIntensityd EnsureTyped', cacheable: 7, post: 'AsDiscreted KeepLargestConnectedComponentd Invertd', inferer: 'monai-1 96,96,96 @ 0.5 × 4', maxBatch: 4 },
  { file: 'bundle-brats_mri_segmentation-inference.json', ...bundle, pre: 'LoadImaged NormalizeIntensityd', cacheable: 2, post: 'Activationsd Invertd AsDiscreted Lambdad', inferer: 'monai-1 240,240,160 @ 0.5 × 1' },
  { file: 'bundle-wholeBody_ct_segmentation-inference.json', ...bundle, pre: 'LoadImaged EnsureTyped EnsureChannelFirstd Orientationd Spacingd NormalizeIntensityd ScaleIntensityd', cacheable: 7, post: 'Activationsd AsDiscreted Invertd', inferer: 'monai-1 96,96,96 @ 0.25 × 1' },
  { file: 'bundle-endoscopic_tool_segmentation-inference.json', ...bundle, pre: 'LoadImaged EnsureChannelFirstd Resized ScaleIntensityd', cacheable: 4, post: 'Invertd AsDiscreted Lambdad', inferer: 'simple', input: [-1, -1, -1], output: [-1, -1, -1] },
  { file: 'bundle-spleen_deepedit_annotation-inference.json', ...bundle, labels: ['spleen'], pre: 'LoadImaged EnsureChannelFirstd Orientationd ScaleIntensityRanged OrientationGuidanceMultipleLabelDeepEditd AddGuidanceFromPointsDeepEditd Resized ResizeGuidanceMultipleLabelDeepEditd AddGuidanceSignalDeepEditd EnsureTyped', cacheable: 4, post: 'EnsureTyped Activationsd Invertd AsDiscreted', inferer: 'simple', type: 'deepgrow', info: { deepgrow: '3D' } },
];

const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

const names = (steps: { name: string }[]) => steps.map((step) => step.name).join(' ');

for (const expected of table) {
  describeWithData('a real config', [`configs/${expected.file}`], (file) => {
    test(expected.file, () => {
      const spec = parseModelConfig(read(file), 'm');
      const { inferer } = spec.inference;
      const summary = {
        simple: () => 'simple',
        pack: () => true,
        nninteractive: () => false,
        nnunet: () => false,
        'nnunet-ensemble': () => false,
        pipeline: () => inferer.kind === 'pipeline' && `${inferer.models.join(' ')} × ${inferer.batchSize}`,
        'scanning-window': () =>
          inferer.kind === 'scanning-window' &&
          `${inferer.rule} ${inferer.roi.join(',')} @ ${inferer.overlap} × ${inferer.batchSize}`,
      };
      const tensors = expected.input && {
        platform: expected.platform ?? 'pytorch_libtorch',
        max_batch_size: expected.maxBatch,
        input: [{ name: 'INPUT__0', data_type: 'TYPE_FP32', dims: expected.input }],
        output: [{ name: 'OUTPUT__0', data_type: 'TYPE_FP32', dims: expected.output }],
      };
      expect({
        dialect: spec.dialect,
        type: spec.type,
        labels: spec.labels,
        version: spec.version,
        pre: names(spec.pre),
        cacheable: spec.cacheableSteps,
        post: names(spec.post),
        writer: spec.writer.name,
        inferer: summary[inferer.kind](),
        triton: spec.triton,
        info: spec.info,
      }).toEqual({
        dialect: expected.dialect,
        type: expected.type ?? 'segmentation',
        labels: expected.labels ?? [],
        version: expected.version ?? '1',
        pre: expected.pre,
        cacheable: expected.cacheable,
        post: expected.post,
        writer: expected.writer ?? 'Writer',
        inferer: expected.inferer,
        triton: tensors,
        info: expected.info ?? {},
      });
      expect(JSON.parse(JSON.stringify(spec))).toEqual(spec);
    });
  });
}

describeWithData(
  'the configs that this version can run',
  ['configs/v4.0-spleen-segmentation.config_aiaa.json', 'configs/v4.1-spleen-segmentation.config_aiaa.json'],
  (...files) => {
    test.each(files)('%s', (file) => {
      const spec = parseModelConfig(read(file), 'm');
      expect(spec.warnings).toEqual([]);
      expect(spec.inference.inputs).toEqual([{ tensor: 'INPUT__0', field: 'image' }]);
      expect(spec.inference.outputs).toEqual([{ tensor: 'OUTPUT__0', field: 'pred' }]);
    });
  },
);

describeWithData(
  'values behind references and expressions',
  ['configs/bundle-wholeBody_ct_segmentation-inference.json', 'configs/bundle-brats_mri_segmentation-inference.json'],
  (wholeBody, brats) => {
    test('a conditional over a nested reference, a gaussian window', () => {
      const spec = parseModelConfig(read(wholeBody), 'm');
      expect(spec.pre.find((step) => step.name === 'Spacingd')?.args.pixdim).toEqual([1.5, 1.5, 1.5]);
      expect(spec.inference.inferer).toMatchObject({ mode: 'gaussian', paddingMode: 'replicate' });
      expect(spec.writer.args).toMatchObject({ output_dir: './eval', output_dtype: 'float32' });
    });

    test('Python code inside a step is reported once, with the expression', () => {
      const config = JSON.parse(JSON.stringify(read(brats)).replace('torch.where(x[[2]]', 'torch.argsort(x[[2]]'));
      const { findings } = findingsOf(config, { catalogue: undefined });
      expect(findings.map(({ kind, path }) => [kind, path])).toEqual([
        ['invalid', 'postprocessing.transforms[3].args.func'],
      ]);
      expect(findings[0].message).toMatch(
        /the expression "\$lambda x: torch.argsort.*"torch.argsort" is not known here/,
      );
    });
  },
);

describeWithData('a file that is no model config', ['configs/python-client-aas_tests.json'], (file) => {
  test('is refused with what it holds and what was expected', () => {
    expect(findingsOf(read(file)).message).toMatch(
      /not a model config: its top-level keys are tests; expected a config_aiaa\.json/,
    );
  });
});
