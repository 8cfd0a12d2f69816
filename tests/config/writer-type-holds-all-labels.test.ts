import { registryCatalogue as catalogue } from '../../gateway/config/reading';
import { bundle, clara3, findingsOf, parse, type Config } from './configs';

const names = (count: number) => Array.from({ length: count }, (_, at) => `label ${at + 1}`);
const model = (writer: Config, labels: string[]) => clara3({}, { labels, writer });

test.each([
  ['WriteNifti', 'uint8', 256, 255, 'uint16'],
  ['WriteNifti', 'bool', 300, 255, 'uint16'],
  ['WritePng', 'uint8', 256, 255, 'uint16'],
  ['WriteNifti', 'int16', 32768, 32767, 'uint16'],
  ['WriteNifti', 'uint16', 65536, 65535, 'uint32'],
])('%s of %s with %d labels is refused with both numbers', (name, dtype, labels, highest, wider) => {
  const {
    findings: [finding],
  } = findingsOf(model({ name, args: { field: 'model', dtype } }, names(labels)), { catalogue });
  expect(finding).toMatchObject({
    path: 'writer.args.dtype',
    message: `the writer ${name} writes ${dtype}, which holds labels up to ${highest}, but the config has ${labels} labels; write "dtype": "${wider}"`,
  });
});

test.each([
  ['WriteNifti', 'uint8', names(255)],
  ['WriteNifti', 'uint8', ['background', ...names(255)]],
  ['WriteNifti', 'uint16', names(300)],
  ['WriteNifti', 'float32', names(300)],
  // Written as int16, which holds its range.
  ['WriteNifti', 'int8', names(200)],
])('%s of %s holds them', (name, dtype, labels) => {
  expect(parse(model({ name, args: { field: 'model', dtype } }, labels), { catalogue }).labels).toHaveLength(
    labels.length,
  );
});

test("MONAI's writer: the type it names, and none", () => {
  const channel_def = Object.fromEntries(names(301).map((name, at) => [String(at), name]));
  const bundleMetadata = { network_data_format: { outputs: { pred: { channel_def } } } };
  const saving = (args: Config) =>
    bundle({
      postprocessing: {
        _target_: 'Compose',
        transforms: [
          { _target_: 'AsDiscreted', keys: 'pred', argmax: true },
          { _target_: 'SaveImaged', keys: 'pred', ...args },
        ],
      },
    });
  expect(findingsOf(saving({ output_dtype: '$np.uint8' }), { bundleMetadata, catalogue }).findings[0].message).toMatch(
    /SaveImaged writes uint8, which holds labels up to 255, but the config has 300 labels; write "output_dtype": "uint16"/,
  );
  expect(parse(saving({}), { bundleMetadata, catalogue }).labels).toHaveLength(300);
});
