import type * as Nifti from 'nifti-reader-js' with { 'resolution-mode': 'import' };
import { brightConfig, identityModel } from '../onnx-builder';
import { rampNifti } from '../ramp-nifti';
import type { RawAnswer } from '../raw-http';
import { browser, file, ORIGIN, params } from './forms';
import { bright, geometryOf, scan, scanGz, scanShape } from './scan';
import { sharedServer, type SharedServer } from '../shared-server';
import { deepgrow2d } from '../models/deepgrow-config';
import { deepgrowModel } from '../models/deepgrow-onnx';

/** An ES module. */
let nifti: typeof Nifti;
beforeAll(async () => {
  nifti = await import('nifti-reader-js');
});

const ask = browser('Accept: multipart/form-data');
const wanted = { result_extension: '.nii.gz', result_dtype: 'uint16', result_compress: true };
const UINT16 = 512;

/** The viewer's own reading: nifti-reader-js, which takes the sform when its code is positive, else the qform. */
function readAsXnat(content: Buffer): { shape: number[]; affine: number[]; datatype: number; image: ArrayBuffer } {
  let data = Uint8Array.from(content).buffer;
  if (nifti.isCompressed(data)) data = nifti.decompress(data) as ArrayBuffer;
  expect(nifti.isNIFTI(data)).toBe(true);
  const header = nifti.readHeader(data)!;
  return {
    shape: header.dims.slice(1, 1 + header.dims[0]),
    affine: header.affine.flat(),
    datatype: header.datatypeCode,
    image: nifti.readImage(header, data),
  };
}

/** A mask is refused when its place differs by more than 1e-5 from that of the image that was sent. */
function expectMaskOf(upload: Buffer, { status, headers, body }: RawAnswer): Uint16Array {
  expect({ status, error: status === 200 ? '' : body.toString() }).toEqual({ status: 200, error: '' });
  expect(headers['content-type']).not.toMatch(/multipart/);
  expect(headers['access-control-allow-origin']).toBe(ORIGIN);
  const [sent, got] = [readAsXnat(upload), readAsXnat(body)];
  expect(got.shape).toEqual(sent.shape);
  got.affine.forEach((value, at) => expect(Math.abs(value - sent.affine[at])).toBeLessThan(1e-5));
  expect(got.datatype).toBe(UINT16);
  return new Uint16Array(got.image);
}

/** An upload of the project's image, whose id the page keeps. */
async function openSession(url: string, image: Buffer): Promise<string> {
  const parts = [file('image', 'image.nii.gz', image), params('null')];
  const { status, body } = await ask(url, 'PUT', '/session/?expiry=7200', parts);
  expect(status).toBe(200);
  const { session_id: id } = JSON.parse(body.toString()) as { session_id: string };
  expect((await ask(url, 'GET', `/session/${id}?update_ts=true`)).status).toBe(200);
  return id;
}

let server: SharedServer;
beforeAll(async () => {
  server = await sharedServer({
    bright: [brightConfig(), identityModel()],
    deepgrow_2d: [deepgrow2d, deepgrowModel([256, 256], 0.5)],
  });
});

describe('XNAT’s viewer', () => {
  test('a mask is a bare NIfTI of uint16 on the grid of the upload, both transforms kept', async () => {
    const id = await openSession(server.url, scanGz);
    const selector = `/v1/segmentation?model=bright&session_id=${id}&output=image`;
    const answer = await ask(server.url, 'POST', selector, [params(wanted)]);
    expect([...expectMaskOf(scan, answer)]).toEqual([...bright]);
    expect(geometryOf(answer.body)).toEqual(geometryOf(scan));
  });

  test.each([
    ['only a qform', 252, 1, 254, 0],
    ['only an sform', 252, 0, 254, 1],
  ])('%s: what the upload lacks the mask lacks', async (_what, at, qform, next, sform) => {
    const image = Buffer.from(scan);
    image.writeInt16LE(qform, at);
    image.writeInt16LE(sform, next);
    const parts = [params(wanted), file('image', 'image.nii.gz', image)];
    const answer = await ask(server.url, 'POST', '/v1/segmentation?model=bright&output=image', parts);
    expectMaskOf(image, answer);
    expect(geometryOf(answer.body)).toEqual(geometryOf(image));
    expect(readAsXnat(answer.body).shape).toEqual(scanShape);
  });

  test('the list: description and deepgrow can be put in lower case', async () => {
    const { body } = await ask(server.url, 'GET', '/v1/models');
    const list = JSON.parse(body.toString()) as Record<string, string>[];
    for (const { description, deepgrow = '' } of list.filter(({ name }) => ['bright', 'deepgrow_2d'].includes(name)))
      expect(`${description.toLowerCase()} ${deepgrow.toLowerCase()}`).toMatch(/^\w.* (2d)?$/);
  });
});

describe('XNAT’s viewer and DeepGrow', () => {
  test('fractional clicks without a current point', async () => {
    const image = await rampNifti([40, 30, 6], [0.8, 0.9, 2.5]);
    const id = await openSession(server.url, image);
    const clicks = { foreground: [[20.31, 15.44, 3]], background: [[2.2, 3.1, 3]] };
    const selector = `/v1/deepgrow?model=deepgrow_2d&session_id=${id}&output=image`;
    const voxels = expectMaskOf(image, await ask(server.url, 'POST', selector, [params({ ...wanted, ...clicks })]));
    expect(voxels[20 + 40 * (15 + 30 * 3)]).toBe(1);
    expect(voxels.every((value, at) => value === 0 || Math.floor(at / 1200) === 3)).toBe(true);
  });
});
