import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { seriesElements } from '../../../../../gateway/imaging/formats/dicom/segmentation/elements';
import type { DataSet } from '../../../../../gateway/imaging/formats/dicom/write-dicom';
import { cases, plainSegment, sourceOf, written } from './golden-cases';
import { readObject } from './read-object';
import { describeThatNeeds } from '../../../../needs';

const [ofFiles, ofFrames] = cases;

test('patient, study and frame of reference are those of the images, in UTF-8', async () => {
  const object = readObject(await written(await sourceOf(ofFiles), 'binary'));
  expect(object).toMatchObject({
    SpecificCharacterSet: 'ISO_IR 192',
    PatientID: 'P-7',
    PatientBirthDate: '19700102',
    PatientSex: 'M',
    PatientIdentityRemoved: 'YES',
    DeidentificationMethod: 'Größe',
    StudyInstanceUID: '1.2.826.0.1.3680043.10.999.14.1',
    StudyDate: '20200304',
    StudyTime: '101112',
    StudyID: 'S1',
    StudyDescription: 'Übersicht',
    AccessionNumber: 'A1',
    FrameOfReferenceUID: '1.2.826.0.1.3680043.10.999.14.4',
    TimezoneOffsetFromUTC: '+0530',
  });
  expect(String(object.PatientName)).toContain('Müller^Jürgen');
  expect(String(object.ReferringPhysicianName)).toContain('Åberg^A');
  const [series] = object.ReferencedSeriesSequence;
  expect(series.SeriesInstanceUID).toBe('1.2.826.0.1.3680043.10.999.14.2');
  expect([...series.ReferencedInstanceSequence].map(({ ReferencedSOPInstanceUID: uid }) => uid).sort()).toEqual(
    [0, 1, 2, 3, 4].map((at) => `1.2.826.0.1.3680043.10.999.14.3.${at}`),
  );
});

test('the object names the model, its version and this program, and nothing that nobody said', async () => {
  const object = readObject(await written(await sourceOf(ofFrames), 'binary'));
  expect(object).toMatchObject({
    Modality: 'SEG',
    SeriesDescription: 'Segmentation spleen_ct',
    SeriesNumber: 1007,
    InstanceNumber: 1,
    Manufacturer: 'maker',
    ManufacturerModelName: 'gateway',
    SoftwareVersions: ['gateway 1.2.3', 'spleen_ct 2'],
    ContentLabel: 'SPLEEN_CT',
    ContentDescription: 'spleen_ct, version 2',
    LossyImageCompression: '00',
  });
  expect(object.ContentCreatorName ?? '').toHaveLength(0);
  const [segment] = object.SegmentSequence;
  expect(segment).toMatchObject({ SegmentAlgorithmType: 'AUTOMATIC', SegmentAlgorithmName: 'spleen_ct' });
  expect(segment.SegmentationAlgorithmIdentificationSequence[0]).toMatchObject({
    AlgorithmName: 'spleen_ct',
    AlgorithmVersion: '2',
  });
  expect(Object.keys(object).filter((name) => name.startsWith('ClinicalTrial'))).toEqual([]);
  const uids = [object.SOPInstanceUID, object.SeriesInstanceUID];
  expect(new Set(uids).size).toBe(2);
  for (const uid of uids) expect(uid).toMatch(/^2\.25\.\d{1,39}$/);
});

test('an enhanced object is referred to once, and its frames by their numbers', async () => {
  const object = readObject(await written(await sourceOf(ofFrames), 'labelmap'));
  expect(object.ReferencedSeriesSequence[0].ReferencedInstanceSequence).toHaveLength(1);
  const frames = [...object.PerFrameFunctionalGroupsSequence].map(
    (group) => group.DerivationImageSequence[0].SourceImageSequence[0].ReferencedFrameNumber,
  );
  expect(frames).toEqual([5, 4, 2, 1]);
});

test('names in any language, with a backslash and a line end, and longer than a label may be', async () => {
  const names = new Map([[1, '脾臓 \\ rate\nlinks'], [5, 'ö'.repeat(70)], [117, '\u0007']]); // prettier-ignore
  const segmentOf = (value: number) => ({ ...plainSegment(value), name: names.get(value)! });
  const object = readObject(await written(await sourceOf(ofFiles), 'binary', { segmentOf }));
  // dcmjs takes the backslash in a short text for a separator.
  expect([...object.SegmentSequence].map(({ SegmentLabel: label, SegmentDescription: text }) => [label, [text].flat().join('\\')])).toEqual([
    ['脾臓 / rate links', 'Label 1: 脾臓 \\ rate\r\nlinks'],
    ['ö'.repeat(64), `Label 5: ${'ö'.repeat(70)}`],
    ['Label 117', 'Label 117:'],
  ]);
}); // prettier-ignore

test('a segment has its type with the side, its category, the region and the colour', async () => {
  const code = (value: string) => ({ value, scheme: 'SCT', meaning: `meaning of ${value}` });
  const codes = { category: code('1'), type: code('2'), modifier: code('3'), region: code('4') };
  const segmentOf = (value: number) => ({ ...plainSegment(value), ...codes, colour: [255, 255, 255] as const });
  const [segment] = readObject(await written(await sourceOf(ofFiles), 'binary', { segmentOf })).SegmentSequence;
  const valueOf = ([item]: Record<string, string>[]) => [item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning];
  expect(valueOf(segment.SegmentedPropertyCategoryCodeSequence)).toEqual(['1', 'SCT', 'meaning of 1']);
  const type = segment.SegmentedPropertyTypeCodeSequence;
  expect(valueOf(type)).toEqual(['2', 'SCT', 'meaning of 2']);
  expect(valueOf(type[0].SegmentedPropertyTypeModifierCodeSequence)).toEqual(['3', 'SCT', 'meaning of 3']);
  expect(valueOf(segment.AnatomicRegionSequence)).toEqual(['4', 'SCT', 'meaning of 4']);
  expect(segment.RecommendedDisplayCIELabValue).toEqual([65535, 32896, 32896]);
});

test('black is L* 0, a* 0 and b* 0: 0, and 128 of 255 steps of 65535 (PS3.3, C.10.7.1.1)', async () => {
  const segmentOf = (value: number) => ({ ...plainSegment(value), colour: [0, 0, 0] as const });
  const [segment] = readObject(await written(await sourceOf(ofFiles), 'binary', { segmentOf })).SegmentSequence;
  expect(segment.RecommendedDisplayCIELabValue).toEqual([0, 32896, 32896]);
});

test('dates and times are in the time zone of the images', () => {
  const copied: DataSet = [[0x00080201, 'SH', '-0130']];
  const images = { series: '1', rows: 1, columns: 1, orientation: [], spacing: [], frames: [], copied, seriesNumber: 0 };
  const software = { manufacturer: 'm', name: 'n', version: '1' };
  const elements = seriesElements(images, { name: 'a', version: '1', kind: 'AUTOMATIC' }, software, new Date('2026-03-01T00:15:30.250Z'));
  const valueOf = (tag: number) => elements.find((element) => element[0] === tag)?.[2];
  expect([valueOf(0x00080023), valueOf(0x00080033)]).toEqual(['20260228', '224530.250']);
}); // prettier-ignore

const dciodvfy = '/usr/bin/dciodvfy';
describeThatNeeds(dciodvfy, existsSync(dciodvfy))(`${dciodvfy} finds no error`, () => {
  test.each(cases.map((each) => ({ each, name: each.name })))('in a binary object of $name', async ({ each }) => {
    const path = await written(await sourceOf(each), 'binary');
    const { stdout, stderr } = spawnSync(dciodvfy, [path], { encoding: 'utf8' });
    expect(stdout + stderr).toContain('Segmentation');
    expect((stdout + stderr).split('\n').filter((line) => line.startsWith('Error'))).toEqual([]);
  });
});
