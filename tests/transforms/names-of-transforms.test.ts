import { readFileSync } from 'node:fs';
import { findTransform, findWriter, listTransforms, refusalOf, suggestNames } from '../../gateway/transforms/registry';
import { describeWithData } from '../shared-data';

describe('names', () => {
  test.each([
    ['ScaleByResolution', 'ScaleByResolution'],
    ['ScaleByResolution#small', 'ScaleByResolution'],
    ['ai4med.components.transforms.scale_by_resolution.ScaleByResolution', 'ScaleByResolution'],
    ['LoadNifty', 'LoadNifti'],
    ['VolumeTo4DArray', 'ConvertToChannelsFirst'],
    ['monai.transforms.Spacingd', 'Spacingd'],
    ['SpacingD', 'Spacingd'],
    ['monai.transforms.SpacingDict', 'Spacingd'],
    ['aiaa.transforms.Restored', 'Restored'],
    ['ScaleIntensityRangeD', 'ScaleIntensityRanged'],
    ['CastToTypeD', 'CastToTyped'],
  ])('%s is %s', (name, canonical) => {
    expect(findTransform(name)?.name).toBe(canonical);
  });

  test('writers', () => {
    expect(findWriter('aiaa.transforms.Writer')?.name).toBe('Writer');
    expect(findWriter('ai4med.components.writers.write_nifti.WriteNifti')?.name).toBe('WriteNifti');
  });

  test.each([['my.module.Spacingd'], ['Spacinx'], ['']])('"%s" is none of ours', (name) => {
    expect(findTransform(name)).toBeUndefined();
    expect(refusalOf(name)).toBeUndefined();
  });

  test.each([
    ['RandomZoom', /training/],
    ['FastCropByPosNegRatio', /training/],
    ['monai.transforms.RandFlipd', /RandFlipd is random/],
    ['monai.transforms.Lambda', /Python/],
    ['EvalWriter', /validation/],
    ['monai.transforms.Spacing', /write Spacingd with the keys/],
    ['ClipBoxToImaged', /detect objects/],
    ['HoVerNetInstanceMapPostProcessingd', /watershed/],
  ])('%s is refused with a reason', (name, reason) => {
    expect(refusalOf(name)).toMatch(reason);
  });

  test('near misses are suggested, nonsense is not', () => {
    expect(suggestNames('ScaleByResolutions')[0]).toBe('ScaleByResolution');
    expect(suggestNames('monai.transforms.Spacing')[0]).toBe('Spacingd');
    expect(suggestNames('WriteNifty')[0]).toBe('WriteNifti');
    expect(suggestNames('XYZZY')).toEqual([]);
  });

  test('every name and alias belongs to one transform', () => {
    const names = listTransforms().flatMap(({ name, aliases = [] }) => [name, ...aliases].map((n) => n.toLowerCase()));
    expect(new Set(names).size).toBe(names.length);
    for (const { name, summary, source } of listTransforms())
      expect([name, summary.length > 20, source.length > 3]).toEqual([name, true, true]);
  });
});

for (const version of ['v4.0', 'v4.1']) {
  const path = `configs/${version}-spleen-segmentation.config_aiaa.json`;
  describeWithData(`${version} spleen config`, [path], (file) => {
    const config = JSON.parse(readFileSync(file, 'utf8'));
    test.each([...config.pre_transforms, ...config.post_transforms])('$name takes its arguments', ({ name, args }) => {
      expect(findTransform(name)!.args.safeParse(args).error).toBeUndefined();
    });
  });
}
