import { asJsonText } from '../../gateway/config/config-source';
import { parseModelConfig } from '../../gateway/config/parse-model-config';
import type { GatewayError } from '../../gateway/errors';

test('a YAML map of many keys is read once, and a key that comes again is found', () => {
  const lines = Array.from({ length: 60_000 }, (_, at) => `k${at}: x`);
  expect(Object.keys(JSON.parse(asJsonText(lines.join('\n'))) as object)).toHaveLength(60_000);
  expect(() => asJsonText([...lines, 'k7: y'].join('\n'))).toThrow(/"k7" is there twice at line 60001, column 1/);
});

const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`key${at}`, 1]));
const config = (more: object, args: object = {}) => ({
  ...{ version: '3', type: 'segmentation', labels: ['a'], post_transforms: [], ...more },
  pre_transforms: [{ name: 'LoadNifti', args: { fields: 'image', ...args } }],
  inference: { name: 'TRTISInference', args: { roi: [8, 8, 8] }, trtis: { platform: 'onnxruntime_onnx' } },
  writer: { name: 'WriteNifti', args: { field: 'model' } },
});

test('a hundred findings and warnings are told, the rest is counted', () => {
  const { warnings } = parseModelConfig(config(many(5000)), 'm');
  expect(warnings).toHaveLength(101);
  expect(warnings[100]).toMatch(/^There is more to warn of/);
  try {
    parseModelConfig(config({}, many(5000)), 'm');
    throw new Error('it was read');
  } catch (error) {
    const { message, details } = error as GatewayError;
    expect(message).toContain('(and 4999 more problems');
    expect(details?.findings).toHaveLength(100);
  }
});
