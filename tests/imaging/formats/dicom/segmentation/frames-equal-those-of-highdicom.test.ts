import { cases, sourceOf, written } from './golden-cases';
import { readObject } from './read-object';

const classes = { binary: '1.2.840.10008.5.1.4.1.1.66.4', labelmap: '1.2.840.10008.5.1.4.1.1.66.7' };
const pairs = cases.flatMap((each) =>
  (['binary', 'labelmap'] as const).map((kind) => ({ each, kind, name: each.name })),
);

test.each(pairs)('$kind of $name', async ({ each, kind }) => {
  const object = readObject(await written(await sourceOf(each), kind));
  const { bits, frames, pixels } = each[kind];
  expect(object).toMatchObject({
    SOPClassUID: classes[kind],
    Rows: each.rows,
    Columns: each.columns,
    BitsAllocated: bits,
    BitsStored: bits,
    HighBit: bits - 1,
    NumberOfFrames: frames.length,
    SegmentationType: kind.toUpperCase(),
    SegmentsOverlap: 'NO',
  });
  expect(Buffer.from(object.PixelData[0]).toString('hex')).toBe(pixels);
  const groups = [...object.PerFrameFunctionalGroupsSequence];
  const found = groups.map((group) => {
    const [source] = group.DerivationImageSequence[0].SourceImageSequence;
    return {
      segment: group.SegmentIdentificationSequence?.[0].ReferencedSegmentNumber ?? null,
      position: group.PlanePositionSequence[0].ImagePositionPatient,
      instance: source.ReferencedSOPInstanceUID,
      frame: source.ReferencedFrameNumber ?? null,
    };
  });
  expect(found).toEqual(frames);
});

test('segments are numbered 1, 2, … in the order of their labels, which their descriptions keep; a label map has the labels themselves and the background', async () => {
  const [first] = cases;
  const source = await sourceOf(first);
  const segments = async (kind: 'binary' | 'labelmap') =>
    [...readObject(await written(source, kind)).SegmentSequence].map((segment) => [
      segment.SegmentNumber,
      segment.SegmentLabel,
      segment.SegmentDescription,
    ]);
  expect(await segments('binary')).toEqual([
    [1, 'label 1', 'Label 1: label 1'],
    [2, 'label 5', 'Label 5: label 5'],
    [3, 'label 117', 'Label 117: label 117'],
  ]);
  expect(await segments('labelmap')).toEqual([
    [0, 'Background', undefined],
    [1, 'label 1', 'Label 1: label 1'],
    [5, 'label 5', 'Label 5: label 5'],
    [117, 'label 117', 'Label 117: label 117'],
  ]);
});

test('planes are counted without the one that has no label', async () => {
  const object = readObject(await written(await sourceOf(cases[0]), 'labelmap'));
  const indices = [...object.PerFrameFunctionalGroupsSequence].map((group) => group.FrameContentSequence[0].DimensionIndexValues);
  expect(indices.flat()).toEqual([1, 2, 3, 4]);
}); // prettier-ignore
