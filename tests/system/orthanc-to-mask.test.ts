import { closestCanonical, sameAffine } from '../../gateway/imaging/affine';
import { decodeImage } from '../../gateway/imaging/formats/decode';
import { readDicomSeries } from '../../gateway/imaging/formats/dicom/read-series';
import { packed } from '../../gateway/imaging/formats/packed-voxels';
import type { Volume } from '../../gateway/imaging/volume';
import { describeWithData } from '../shared-data';
import { answerFile } from './answer-file';
import { infer, putModel, sampleConfig, sampleModel } from './client';
import { identifiedSeries, identity } from './identified-dicom';
import { describeWithOrthanc, startOrthanc, type Orthanc } from './orthanc';
import { startRealTriton, type RealTriton } from './real-triton';
import { startGateway, type RunningGateway } from './running-gateway';
import { putJson } from './session-client';

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

describeWithOrthanc('from a real Orthanc to a mask', () => {
  describeWithData('of the spleen', data, (series, reference) => {
    let orthanc: Orthanc;
    let triton: RealTriton;
    let gateway: RunningGateway;

    beforeAll(async () => {
      [orthanc, triton] = await Promise.all([startOrthanc(), startRealTriton()]);
      gateway = await startGateway({ tritonUrl: triton.grpcUrl, repository: triton.repository });
      await orthanc.upload(identifiedSeries(series));
      expect((await putModel(gateway.url, 'spleen_ct', sampleConfig(), sampleModel())).status).toBe(200);
    }, 120_000);
    afterAll(async () => {
      await gateway?.stop();
      await triton?.stop();
      await orthanc?.stop();
    });

    test('the mask lies on the grid of the series and agrees with the reference', async () => {
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

      const answer = await infer(gateway.url, 'spleen_ct', undefined, { query: `session_id=${json.session_id}` });
      expect({ status: answer.status, message: answer.json.error?.message }).toEqual({ status: 200 });
      const mask = await answerFile(answer);
      const source = (await readDicomSeries(series, 'series')).volume;
      expect(mask.shape).toEqual(source.shape);
      expect(sameAffine(mask.affine!, source.affine!)).toBe(true);

      const expected = (await decodeImage(reference, reference)).volume;
      expect(dice(mask, expected, SPLEEN)).toBeGreaterThanOrEqual(0.96);
    }, 60_000);
  });
});
