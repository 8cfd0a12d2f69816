import { gunzipSync } from 'node:zlib';
import { annotationConfig, annotationGraph } from '../models/annotation-graph';
import { brightConfig, identityModel } from '../onnx-builder';
import { rampNifti } from '../ramp-nifti';
import type { RawAnswer } from '../raw-http';
import { expectPlainMultipart, file, params, python } from './forms';
import { bright, geometryOf, scan, scanGz, sixPoints, voxelsOf } from './scan';
import { sharedServer, type SharedServer } from '../shared-server';
import { deepgrow2d, deepgrow3d } from '../models/deepgrow-config';
import { deepgrowModel } from '../models/deepgrow-onnx';

interface Entry {
  name: string;
  type: string;
  description: string;
  labels: string[];
  deepgrow?: string;
}

/** Keys that the plug-in reads of an entry without looking whether they are there; `deepgrow.lower()` and `description`. */
async function readModels(url: string): Promise<Entry[]> {
  const { status, body } = await python(url, 'GET', '/v1/models');
  expect(status).toBe(200);
  const list = JSON.parse(body.toString()) as Entry[];
  for (const { name, type, description, labels, deepgrow } of list) {
    for (const text of [name, type, description, deepgrow ?? '']) expect(typeof text).toBe('string');
    expect(labels.every((label) => typeof label === 'string')).toBe(true);
  }
  return list;
}

/** Params must be an object: the plug-in calls `params.get`. */
async function readAnswer(answer: RawAnswer) {
  expectPlainMultipart(answer);
  const form = await new Response(answer.body as Buffer<ArrayBuffer>, { headers: answer.headers }).formData();
  const json = JSON.parse(form.get('params') as string) as { points?: number[][]; crop?: number[][] };
  expect(json?.constructor).toBe(Object);
  return { json, mask: Buffer.from(await (form.get('image') as File).arrayBuffer()) };
}

const temporaryName = '/home/user/.config/slicer-aiaa/tmpk2j3h.nii.gz';
const upload = (content: Buffer, name = temporaryName) => file('datapoint', name, content);

let server: SharedServer;
beforeAll(async () => {
  server = await sharedServer({
    bright: [brightConfig(), identityModel()],
    others: [{ ...brightConfig(), type: 'others', labels: [] }, identityModel()],
    annotation: [annotationConfig, annotationGraph(), 'model.trt.pb'],
    deepgrow_2d: [deepgrow2d, deepgrowModel([256, 256], 0.5)],
    deepgrow_3d: [deepgrow3d, deepgrowModel([128, 192, 192], 0.01)],
  });
});

describe('segmentation and DEXTR3D', () => {
  test('the list fills the selectors', async () => {
    const models = (await readModels(server.url)).filter(({ name }) =>
      ['annotation', 'bright', 'others'].includes(name),
    );
    const types = models.map(({ name, type }) => [name, type]);
    expect(types).toEqual([['annotation', 'annotation'], ['bright', 'segmentation'], ['others', 'others']]); // prettier-ignore
  });

  test.each([
    ['compressed', temporaryName, scanGz],
    ['not compressed', 'C:\\Users\\ä\\slicer-aiaa\\tmpk2j3h.nii', scan],
  ])('segmentation goes through /v1/inference, %s', async (_how, name, content) => {
    const selector = '/v1/inference?model=bright';
    const { json, mask } = await readAnswer(
      await python(server.url, 'POST', selector, [params('{}'), upload(content, name)]),
    );
    expect([...voxelsOf(mask)]).toEqual([...bright]);
    expect(geometryOf(mask)).toEqual(geometryOf(scan));
    expect(json.points).toHaveLength(6);
    expect(json.points!.flat().every(Number.isInteger)).toBe(true);
  });

  test('with sessions on, DEXTR3D sends points and the id; 440 makes it close the session and start again', async () => {
    const put = await python(server.url, 'PUT', '/session/?expiry=0', [file('image', temporaryName, scanGz)]);
    const { session_id: id } = JSON.parse(put.body.toString()) as { session_id: string };
    const selector = `/v1/dextr3d?model=annotation&session_id=${id}`;
    const call = () => python(server.url, 'POST', selector, [params({ points: sixPoints })]);
    const { mask } = await readAnswer(await call());
    expect(geometryOf(mask)).toEqual(geometryOf(scan));
    const remove = () => python(server.url, 'DELETE', `/session/${id}`);
    expect((await remove()).status).toBe(200);
    const dead = await call();
    expect([dead.status, dead.reason]).toEqual([440, 'Session Expired']);
    expect((await remove()).status).toBe(404);
  });

  test('with sessions off, DEXTR3D sends a crop of 128³ and points in it', async () => {
    const crop = await rampNifti([128, 128, 128], [0.7, 0.6, 1.1]);
    const points = [[20, 60, 60], [107, 60, 60], [60, 20, 60], [60, 107, 60], [60, 60, 20], [60, 60, 107]]; // prettier-ignore
    const answer = await python(server.url, 'POST', '/v1/dextr3d?model=annotation', [params({ points }), upload(crop)]);
    const { mask } = await readAnswer(answer);
    const [sent, got] = [gunzipSync(crop), gunzipSync(mask)];
    expect([1, 2, 3, 4].map((axis) => got.readInt16LE(40 + 2 * axis))).toEqual([128, 128, 128, 1]);
    expect(got.readInt16LE(40)).toBe(3);
    expect(got.subarray(280, 328).equals(sent.subarray(280, 328))).toBe(true);
  });
});

describe('DeepGrow goes through /v1/inference', () => {
  const shape = [61, 47, 9];
  const spacing = [0.8, 0.9, 2.5];
  let image: Buffer;
  beforeAll(async () => {
    image = await rampNifti(shape, spacing);
  });

  const click = async (model: string, fields: object) =>
    readAnswer(await python(server.url, 'POST', `/v1/inference?model=${model}`, [params(fields), upload(image)]));

  test('the list says which of them are 3D', async () => {
    const models = (await readModels(server.url)).filter(({ name }) => ['deepgrow_2d', 'deepgrow_3d'].includes(name));
    const said = models.flatMap(({ deepgrow }) => deepgrow?.toLowerCase() ?? []);
    expect(said).toEqual(['2d', '3d']);
  });

  test('2D: the clicks of the slice, the last one as a list with one point', async () => {
    const fields = { foreground: [[20, 30, 3]], background: [[24, 31, 3]], current_point: [[20, 30, 3]] };
    const { mask } = await click('deepgrow_2d', { ...fields, spatial_size: [64, 64] });
    const voxels = voxelsOf(mask);
    expect(voxels[20 + 61 * (30 + 47 * 3)]).toBe(1);
    expect(voxels.every((value, at) => value === 0 || Math.floor(at / (61 * 47)) === 3)).toBe(true);
  });

  test('2D: background clicks of other slices do not matter', async () => {
    const fields = { foreground: [[20, 30, 3]], background: [], current_point: [[20, 30, 3]] };
    const { mask } = await click('deepgrow_2d', fields);
    const other = await click('deepgrow_2d', { ...fields, background: [[24, 31, 5]] });
    expect(voxelsOf(other.mask).equals(voxelsOf(mask))).toBe(true);
  });

  test('3D: all clicks; the answer has the box to overwrite, three pairs of whole numbers', async () => {
    const fields = { foreground: [[20, 30, 3], [22, 28, 5]], background: [[5, 5, 1]], current_point: [[22, 28, 5]] }; // prettier-ignore
    const { json, mask } = await click('deepgrow_3d', fields);
    expect(json.crop).toHaveLength(3);
    json.crop!.forEach((pair, axis) => {
      expect(pair).toHaveLength(2);
      expect(pair.every(Number.isInteger)).toBe(true);
      expect(pair[0]).toBeGreaterThanOrEqual(0);
      expect(pair[1]).toBeGreaterThan(pair[0]);
      expect(pair[1]).toBeLessThanOrEqual(shape[axis]);
    });
    const voxels = voxelsOf(mask);
    expect(voxels).toHaveLength(61 * 47 * 9);
    expect(voxels[20 + 61 * (30 + 47 * 3)]).toBe(1);
  });

  describe('points in every spelling', () => {
    const foreground = [[20, 30, 3], [23, 28, 3]]; // prettier-ignore
    const background = [[40, 10, 3]];
    const last = [23, 28, 3];
    const fractional = (points: number[][]) => points.map(([x, y, z]) => [x + 0.3, y + 0.25, z]);
    const spellings: [string, object][] = [
      ['whole numbers with a fraction of zero', { foreground, background, current_point: [[23.0, 28.0, 3.0]] }],
      ['fractions, as browsers send them', { foreground: fractional(foreground), background: fractional(background), current_point: fractional([last]) }],
      ['text', { foreground: JSON.stringify(foreground), background: JSON.stringify(background), current_point: JSON.stringify([last]) }],
      ['text with fractions', { foreground: JSON.stringify(fractional(foreground)), background: JSON.stringify(background) }],
      ['the current point flat, as NVIDIA’s test program sends it', { foreground, background, current_point: last }],
      ['no current point', { foreground, background }],
      ['an empty current point', { foreground, background, current_point: [] }],
      ['no spatial size', { foreground, background, current_point: [last], spatial_size: [] }],
    ]; // prettier-ignore

    // A click in 3D takes a second on two cores.
    test.each([
      ['deepgrow_2d', spellings],
      ['deepgrow_3d', spellings.filter((_, at) => at === 3)],
    ])('%s', async (model, some) => {
      const { mask } = await click(model, { foreground, background, current_point: [last] });
      const expected = voxelsOf(mask);
      expect(expected[23 + 61 * (28 + 47 * 3)]).toBe(1);
      for (const [spelling, fields] of some)
        expect([spelling, voxelsOf((await click(model, fields)).mask).equals(expected)]).toEqual([spelling, true]);
    });

    test('the size to work at, typed in by the user', async () => {
      const fields = { foreground: [[20, 30, 3]], background: [], current_point: [[20, 30, 3]] };
      for (const [model, sizes] of [['deepgrow_2d', [[64, 64], [64.0, 32], '[64, 64]']], ['deepgrow_3d', [[16, 64, 64], '[16, 64, 64]']]] as const)
        for (const spatial_size of sizes) {
          const { mask } = await click(model, { ...fields, spatial_size });
          expect(voxelsOf(mask)[20 + 61 * (30 + 47 * 3)]).toBe(1);
        }
    }); // prettier-ignore

    test('DEXTR3D', async () => {
      const points = [[10, 20, 4], [50, 20, 4], [30, 5, 4], [30, 40, 4], [30, 20, 1], [30, 20, 8]]; // prettier-ignore
      const call = async (fields: object) => {
        const parts = [params(fields), upload(image)];
        return voxelsOf((await readAnswer(await python(server.url, 'POST', '/v1/dextr3d?model=annotation', parts))).mask);
      };
      const expected = await call({ points });
      for (const spelled of [JSON.stringify(points), fractional(points), JSON.stringify(fractional(points))])
        expect((await call({ points: spelled })).equals(expected)).toBe(true);
    }); // prettier-ignore
  });
});
