import { readFileSync } from 'node:fs';
import { applyAffine, closestCanonical, invert, sameAffine } from '../../gateway/imaging/geometry';
import { decodeImage } from '../../gateway/imaging/formats/decode';
import { readDicomSeries } from '../../gateway/imaging/formats/dicom/read-series';
import { packed } from '../../gateway/imaging/formats/written-voxels';
import type { Volume } from '../../gateway/imaging/volume';
import { describeWithData, sharedData } from '../shared-data';
import { answerFile } from './answer-file';
import { infer, sampleConfig, sampleModel } from './client';
import { identifiedSeries, identity } from './identified-dicom';
import { describeWithOrthanc, startOrthanc, type Orthanc } from './orthanc';
import { readSegmentation, type SegmentationObject } from './segmentation-object';
import { putJson } from './session-client';
import { sharedServer, type SharedServer } from './shared-server';

const SPLEEN = 1;
const data = ['data/ct/ct_abdomen_dicom', 'data/ct/ct_abdomen_512x512x20_seg117.nii.gz'];

/** Dice of the voxels with the value `label`; both volumes are brought to the axes closest to RAS. */
function dice(a: Volume, b: Volume, label: number): number {
  const [p, q] = [a, b].map((volume) => packed(closestCanonical(volume)));
  let both = 0;
  let either = 0;
  for (let i = 0; i < p.length; i++) {
    both += Number(p[i] === label && q[i] === label);
    either += Number(p[i] === label) + Number(q[i] === label);
  }
  return (2 * both) / either;
}

/** Pixels of the frames that differ from the mask's voxel at the same place in the patient. */
function wrongPixels({ frames, segments, pixel }: SegmentationObject, mask: Volume, names: string[]): number {
  const toVoxel = invert(mask.affine!);
  const slice = mask.shape[0] * mask.shape[1];
  let wrong = 0;
  for (const [frame, { position, segment }] of frames.entries()) {
    const [x, y, z] = position;
    const first = applyAffine(toVoxel, [-x, -y, z]);
    expect(first.slice(0, 2).every((index) => Math.abs(index) < 1e-3)).toBe(true);
    const voxels = mask.data.subarray(Math.round(first[2]) * slice);
    const label = names.indexOf(segments[segment - 1].name) + 1;
    for (let index = 0; index < slice; index++)
      wrong += Number((voxels[index] === label) !== (pixel(frame, index) === 1));
  }
  return wrong;
}

describeWithOrthanc('from a real Orthanc to a mask', () => {
  describeWithData('of the spleen', data, (series, reference) => {
    let orthanc: Orthanc;
    let gateway: SharedServer;
    let session: string;

    beforeAll(async () => {
      [orthanc, gateway] = await Promise.all([
        startOrthanc(),
        sharedServer({ spleen_ct: [sampleConfig(), sampleModel()] }),
      ]);
      await orthanc.upload(identifiedSeries(series));
      const { status, json } = await putJson(gateway.url, {
        dicom: {
          server_address: '127.0.0.1',
          server_port: orthanc.dicomPort,
          ae_title: 'ORTHANC',
          query_level: 'SERIES',
          patient_id: identity.patient,
          study_uid: identity.study,
          series_uid: identity.series,
        },
      });
      expect({ status, message: json.error?.message }).toEqual({ status: 200, message: undefined });
      session = json.session_id;
    });
    afterAll(async () => {
      await orthanc?.stop();
    });

    test('the mask lies on the grid of the series and agrees with the reference', async () => {
      const answer = await infer(gateway.url, 'spleen_ct', undefined, { query: `session_id=${session}` });
      expect({ status: answer.status, message: answer.json.error?.message }).toEqual({ status: 200 });
      const mask = await answerFile(answer);
      const source = (await readDicomSeries(series, 'series')).volume;
      expect(mask.shape).toEqual(source.shape);
      expect(sameAffine(mask.affine!, source.affine!)).toBe(true);

      const expected = (await decodeImage(reference, reference)).volume;
      expect(dice(mask, expected, SPLEEN)).toBeGreaterThanOrEqual(0.96);
    });

    test('output=dicom_seg: the same mask as a DICOM object that refers to the series', async () => {
      const query = `session_id=${session}`;
      const mask = await answerFile(await infer(gateway.url, 'spleen_ct', undefined, { query }));
      const { status, headers, image } = await infer(gateway.url, 'spleen_ct', undefined, {
        query: `${query}&output=dicom_seg`,
      });
      expect({ status, type: headers.get('content-type') }).toEqual({ status: 200, type: 'application/dicom' });

      const found = readSegmentation(image!);
      expect(found).toMatchObject({
        modality: 'SEG',
        patient: identity.patient,
        study: identity.study,
        series: identity.series,
      });
      const names = sampleConfig().labels as string[];
      const counts = new Map<string, number>();
      for (const value of mask.data)
        if (value > 0) counts.set(names[value - 1], (counts.get(names[value - 1]) ?? 0) + 1);
      expect(new Map(found.segments.map(({ name, voxels }) => [name, voxels]))).toEqual(counts);
      expect(counts.size).toBe(3);
      // Every frame is a slice of the series, and lies where that slice lies.
      expect(found.images.every((uid) => uid.startsWith(`${identity.series}.`))).toBe(true);
      expect(wrongPixels(found, mask, names)).toBe(0);
    });

    test('output=dicom_seg of an image that is no DICOM series is 400 with the way out', async () => {
      const upload = readFileSync(sharedData('data/ct/ct_abdomen_512x512x20_seg117.nii.gz')!);
      const { status, json } = await infer(gateway.url, 'spleen_ct', upload, { query: 'output=dicom_seg' });
      expect(status).toBe(400);
      expect(json.error.message[0]).toMatch(
        /output=dicom_seg refers to the DICOM images of a session.*PUT \/session\//,
      );
    });
  });
});
