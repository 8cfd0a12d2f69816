import { parseModelConfig } from '../../../gateway/config/parse-model-config';
import { clara4, type Config } from '../configs';

const triton = (clara4().inference as Config).TRITON as Config;

describe('NnunetInference', () => {
  const prepared = [
    { name: 'NnunetLoadd', args: { keys: 'image' } },
    { name: 'NnunetPreprocessd', args: { keys: 'image', channels: ['CT'], spacing: [3, 2, 2], normalization: [{ scheme: 'ZScoreNormalization' }] } },
  ];
  const config = (args: Config, pre: unknown = prepared) => clara4({ TRITON: { ...triton, name: 'NnunetInference', args } }, { pre_transforms: pre, post_transforms: [] });

  test('nnU-Net’s predictor by name, with its defaults', () => {
    expect(parseModelConfig(config({ patch_size: [32, 40, 40], heads: 5 }), 'm').inference.inferer).toEqual({
      kind: 'nnunet',
      patch: [32, 40, 40],
      step: 0.5,
      batchSize: 1,
      folds: 1,
      heads: 5,
      resampling: { order: 1, force_separate_z: null, threshold: 3 },
    });
  });

  test.each<[string, Config, unknown, string]>([
    ['the image was not prepared', { patch_size: [8, 8], heads: 2 }, [{ name: 'LoadImaged', args: { keys: 'image' } }], 'NnunetPreprocessd on the field "image"'],
    ['no patch', { heads: 2 }, prepared, 'a list of 2 or 3 patch sizes'],
    ['regions for other heads', { patch_size: [8, 8], heads: 3, regions: [1, 2] }, prepared, 'a label for each of 3 heads'],
    ['a step that leaves gaps', { patch_size: [8, 8], heads: 3, step: 1.5 }, prepared, 'a number above 0, up to 1'],
  ])('%s', (_, args, pre, expected) => {
    expect(() => parseModelConfig(config(args, pre), 'm')).toThrow(expected);
  });
}); // prettier-ignore
