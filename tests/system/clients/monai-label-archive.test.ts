import { readdirSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describeWithData } from '../../shared-data';
import { infer } from '../client';
import { identifiedSeries, identity } from '../identified-dicom';
import { brightConfig, identityModel } from '../onnx-builder';
import { describeWithOrthanc, startOrthanc, type Orthanc } from '../orthanc';
import type { RawAnswer } from '../raw-http';
import { readSegmentation } from '../segmentation-object';
import { putJson } from '../session-client';
import { browser, ORIGIN, expectPlainMultipart, params } from './forms';
import { readAsPoco } from './poco';
import { startServer, type ClientServer } from './server';

const ask = browser();
const volumetric = { ...brightConfig(), labels: ['bone'] };
const complaint = ({ status, body }: RawAnswer) => {
  const { error } = JSON.parse(body.toString()) as { error: { code: string; message: string[] } };
  return `${status} ${error.code} ${error.message[0]}`;
};

describeWithOrthanc('OHIF’s plug-in for MONAI Label: it names a series that lies in the archive, and sends nothing', () => {
  describeWithData('of a real Orthanc', ['data/ct/ct_abdomen_dicom'], (series) => {
    let orthanc: Orthanc;
    let server: ClientServer;
    beforeAll(async () => {
      orthanc = await startOrthanc();
      await orthanc.upload(identifiedSeries(series));
      server = await startServer(
        { bone: [volumetric, identityModel()] },
        // What clients name is another matter than what the operator names.
        { dicomweb_url: `${orthanc.url}/dicom-web/`, pacs_hosts: '127.0.0.1', cors_origins: ORIGIN, workers: 1 },
      );
    });
    afterAll(async () => {
      await server?.stop();
      await orthanc?.stop();
    });

    const call = (image: string, more = '', fields: object = {}) =>
      ask(server.url, 'POST', `/infer/bone?image=${image}${more}`, [params(fields)]);
    const sessions = () => readdirSync(`${server.gateway.workspace}/sessions`);

    test('the series is fetched once, kept as a session, and segmented as from a session', async () => {
      const answers = await Promise.all([call(identity.series), call(identity.series)]);
      expect(sessions()).toHaveLength(1);
      const { json } = await putJson(server.url, {
        dicom: { server_address: `${orthanc.url}/dicom-web`, series_uid: identity.series },
      });
      const expected = await infer(server.url, 'bone', undefined, { query: `session_id=${json.session_id}` });
      expect(gunzipSync(expected.image!).subarray(352).includes(1)).toBe(true);
      for (const answer of [...answers, await call(identity.series)]) {
        expectPlainMultipart(answer);
        const { text, file: mask } = readAsPoco(answer);
        expect(gunzipSync(mask!).equals(gunzipSync(expected.image!))).toBe(true);
        expect(JSON.parse(text!)).toMatchObject({ label_names: { bone: 1 } });
      }
      expect(sessions()).toHaveLength(2);
    });

    test('the third call found it prepared', async () => {
      const { headers } = await call(identity.series);
      expect(headers['server-timing']).toMatch(/cache;dur/);
      expect(headers['server-timing']).not.toMatch(/decode;dur/);
    });

    test('output=dicom_seg is a DICOM Segmentation that refers to the series', async () => {
      const { status, headers, body } = await call(identity.series, '&output=dicom_seg');
      expect([status, headers['content-type']]).toEqual([200, 'application/dicom']);
      const found = readSegmentation(body);
      expect(found).toMatchObject({ modality: 'SEG', ...identity });
      expect(found.segments.map(({ name }) => name)).toEqual(['bone']);
    });

    test('what is not there, and what is no UID, is said', async () => {
      expect(complaint(await call('1.2.3.999'))).toMatch(/^404 PACS_NO_IMAGES .*series 1\.2\.3\.999/);
      expect(complaint(await call('scan'))).toMatch(/^400 BAD_PARAMS .*"scan" of this client, and it is no SeriesInstanceUID/);
    });
  });
}); // prettier-ignore
