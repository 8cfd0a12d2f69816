import { readdirSync } from 'node:fs';
import path from 'node:path';
import { inflate } from 'pako';
import { decodeImage } from '../../../gateway/imaging/formats/decode';
import { makeDicom } from '../../imaging/formats/dicom/make-dicom';
import { brightConfig, identityModel } from '../onnx-builder';
import { sendRaw, type Part, type RawAnswer } from '../raw-http';
import { browser, file, ORIGIN, params } from './forms';
import { bright, scan, scanGz, scanShape, sixPoints } from './scan';
import { sharedServer, type SharedServer } from '../shared-server';
import { deepgrow2d } from '../models/deepgrow-config';
import { deepgrowModel } from '../models/deepgrow-onnx';

/** `PUT` with axios' default for objects; `POST` asks for multipart and reads whatever comes as an array buffer. */
const ask = browser('Accept: multipart/form-data');
const wanted = { result_extension: '.nrrd', result_dtype: 'uint16', result_compress: true };

interface Nrrd {
  type: string;
  encoding: string;
  endian: string;
  dimension: number;
  sizes: number[];
  spaceOrigin: number[];
  spaceDirections: number[][];
  buffer: ArrayBuffer;
}

/** The viewer's own reading: nrrd-js for the header, pako for the voxels, which it takes for `Uint16Array`. */
function readAsOhif({ status, headers, body }: RawAnswer): { header: Nrrd; voxels: Uint16Array } {
  expect({ status, error: status === 200 ? '' : body.toString() }).toEqual({ status: 200, error: '' });
  expect(headers['content-type']).not.toMatch(/multipart/);
  expect(Number(headers['content-length'])).toBe(body.length);
  expect(headers).not.toHaveProperty('content-encoding');
  // It has no types.
  // oxlint-disable-next-line typescript/no-explicit-any
  const { parse } = jest.requireActual<any>('nrrd-js');
  const warn = jest.spyOn(console, 'warn').mockImplementation();
  const header = parse(Uint8Array.from(body).buffer) as Nrrd;
  const warnings = warn.mock.calls.flat();
  warn.mockRestore();
  // It leaves gzip to the page, and complains of nothing else.
  expect(warnings).toEqual(header.encoding === 'gzip' ? ['Unsupported NRRD encoding: gzip'] : []);
  const bytes = header.encoding === 'gzip' ? inflate(new Uint8Array(header.buffer)) : new Uint8Array(header.buffer);
  return { header, voxels: new Uint16Array(Uint8Array.from(bytes).buffer) };
}

/** The parts of a series of 300 slices, 1 mm apart, in the order of `places` (mm along the feet-head axis). */
function seriesParts(places: readonly number[]): Part[] {
  const files = places.map((place, at) =>
    makeDicom({
      position: [-10, -20, place],
      instance: at + 1,
      rows: 16,
      columns: 24,
      pixels: (column, row) => column + row + place,
    }),
  );
  return [...files.map((content, at) => file(`image${at}`, `image_${at}.dcm`, content)), params('null')];
}

/** The viewer sorts a stack along the normal of its slices. */
const upwards = Array.from({ length: 300 }, (_, at) => at + 1);

let server: SharedServer;
beforeAll(async () => {
  server = await sharedServer({
    bright: [brightConfig(), identityModel()],
    deepgrow_2d: [deepgrow2d, deepgrowModel([256, 256], 0.5)],
  });
});

describe('OHIF', () => {
  test.each([
    ['in the order of the stack', upwards],
    ['from the top down', [...upwards].reverse()],
  ])('300 DICOM parts %s, then params=null, save_as=.nii', async (_order, places) => {
    const parts = seriesParts(places);
    const { status, headers, body } = await ask(server.url, 'PUT', '/session/?expiry=0&save_as=.nii', parts);
    const json = JSON.parse(body.toString()) as { session_id: string; session_info: { meta: unknown } };
    expect({ status, meta: json.session_info?.meta }).toEqual({
      status: 200,
      meta: { format: 'dicom', shape: [24, 16, 300], files: 300 },
    });
    expect(headers['access-control-allow-origin']).toBe(ORIGIN);
    const folder = path.join(server.workspace, 'sessions', json.session_id);
    const { volume } = await decodeImage(path.join(folder, 'image.nii'), 'image.nii');
    expect(volume.affine).toEqual([-1, 0, 0, 10, 0, -1, 0, 20, 0, 0, 1, 1, 0, 0, 0, 1]);
    expect([volume.data[0], volume.data[24 * 16 * 299]]).toEqual([1 - 1024, 300 - 1024]);
    expect(readdirSync(path.join(folder, 'dicom'))).toHaveLength(300);
  });

  test('GET of a session that is not there makes it create one: 404 with the headers a page needs', async () => {
    const { status, headers } = await ask(server.url, 'GET', '/session/9ad970be-530e-11ea-84e3-0242ac110007');
    expect([status, headers['access-control-allow-origin']]).toEqual([404, ORIGIN]);
  });

  test.each([true, false])('a mask is a bare NRRD of uint16, gzip %s', async (result_compress) => {
    const answer = await ask(server.url, 'POST', '/v1/segmentation?model=bright&output=image', [
      params({ ...wanted, result_compress }),
      file('datapoint', 'test123.nii', scan),
    ]);
    const { header, voxels } = readAsOhif(answer);
    expect(header).toMatchObject({
      type: 'uint16',
      encoding: result_compress ? 'gzip' : 'raw',
      endian: 'little',
      dimension: 3,
      sizes: scanShape,
    });
    expect([...voxels]).toEqual([...bright]);
    // LPS, where NIfTI has RAS. Of these two forms ITK takes the qform (its code is 1, the sform's 2): SimpleITK 2.5.7 has these numbers.
    const rounded = (list: number[]) => list.map((value) => Math.round(value * 1e4) / 1e4 + 0);
    expect(rounded(header.spaceOrigin)).toEqual([90, -80, 33]);
    expect(header.spaceDirections.map(rounded)).toEqual([[-0.784, -0.1592, 0], [0.1592, -0.784, 0], [0, 0, 2.5]]); // prettier-ignore
    const text = answer.body.toString('latin1', 0, answer.body.indexOf('\n\n'));
    expect(text).not.toMatch(/["\r]|units|labels|:=|\( | \)|, /);
  });

  test('fractional points, the image by session', async () => {
    const put = await ask(server.url, 'PUT', '/session/?expiry=0&save_as=.nii', [file('image0', 'image_0.nii.gz', scanGz)]);
    const { session_id: id } = JSON.parse(put.body.toString()) as { session_id: string };
    const points = sixPoints.map(([x, y, z]) => [x + 0.37, y + 0.41, z]);
    const selector = `/v1/dextr3d?model=bright&output=image&session_id=${id}`;
    const { voxels } = readAsOhif(await ask(server.url, 'POST', selector, [params({ ...wanted, points })]));
    expect([...voxels]).toEqual([...bright]);
  }); // prettier-ignore

  test('the series by JSON, from a PACS that does not answer: a sentence and a status, not a hanging page', async () => {
    const dicom = { server_address: '127.0.0.1', server_port: 1, ae_title: 'ORTHANC', query_level: 'SERIES' };
    const body = Buffer.from(
      JSON.stringify({ dicom: { ...dicom, patient_id: 'P', series_uid: '1.2.3', study_uid: '1.2' } }),
    );
    const { status, reason } = await sendRaw(
      server.url,
      ['PUT /session/?expiry=0&save_as=.nii HTTP/1.1', 'Host: localhost', 'Connection: close', 'Accept: application/json',
        'Content-Type: application/json;charset=utf-8', `Content-Length: ${body.length}`], body); // prettier-ignore
    expect([status, reason]).toEqual([502, 'PACS Failed']);
  });

  describe('CORS', () => {
    const preflight = (method: string, selector: string) =>
      sendRaw(server.url, [
        `OPTIONS ${selector} HTTP/1.1`,
        'Host: localhost',
        'Connection: close',
        `Origin: ${ORIGIN}`,
        `Access-Control-Request-Method: ${method}`,
        'Access-Control-Request-Headers: content-type',
      ]);

    test.each([
      ['PUT', '/session/?expiry=0&save_as=.nii'],
      ['POST', '/v1/segmentation?model=bright'],
      ['DELETE', '/session/x'],
    ])('a preflight of %s is allowed', async (method, selector) => {
      const { status, headers } = await preflight(method, selector);
      expect(status).toBe(204);
      expect(headers).toMatchObject({
        'access-control-allow-origin': ORIGIN,
        'access-control-allow-headers': 'content-type',
        'access-control-allow-methods': expect.stringContaining(method),
      });
    });

    test('errors reach the page as well', async () => {
      const answers = [
        await ask(server.url, 'GET', '/v1/models?model=none'),
        await ask(server.url, 'GET', '/nothing'),
        await ask(server.url, 'POST', '/v1/segmentation?model=bright', [params('{}')]),
        await ask(server.url, 'POST', '/v1/segmentation?model=bright&session_id=x', [params('{}')]),
      ];
      expect(answers.map(({ status }) => status)).toEqual([404, 404, 400, 440]);
      for (const { headers } of answers) expect(headers['access-control-allow-origin']).toBe(ORIGIN);
    });
  });
});

describe('OHIF and DeepGrow', () => {
  test('a click on image z of the stack marks slice z of the answer', async () => {
    const put = await ask(server.url, 'PUT', '/session/?expiry=0&save_as=.nii', seriesParts(upwards));
    const { session_id: id } = JSON.parse(put.body.toString()) as { session_id: string };
    const clicks = { foreground: [[11.4, 7.2, 40]], background: [], current_point: [[11.4, 7.2, 40]] };
    const selector = `/v1/deepgrow?model=deepgrow_2d&output=image&session_id=${id}`;
    const { header, voxels } = readAsOhif(await ask(server.url, 'POST', selector, [params({ ...wanted, ...clicks })]));
    expect(header.sizes).toEqual([24, 16, 300]);
    expect(voxels[11 + 24 * (7 + 16 * 40)]).toBe(1);
    expect(voxels.every((value, at) => value === 0 || Math.floor(at / 384) === 40)).toBe(true);
    expect(header.spaceOrigin[2] + 40 * header.spaceDirections[2][2]).toBeCloseTo(upwards[40]);
  });
});
