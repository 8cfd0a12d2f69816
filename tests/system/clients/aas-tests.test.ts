import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { decodeImage } from '../../../gateway/imaging/formats/decode';
import { temporaryFile } from '../../imaging/formats/temporary-file';
import { describeWithData } from '../../shared-data';
import { annotationConfig, annotationGraph } from '../models/annotation-graph';
import { brightConfig, classifierConfig, classifierModel, identityModel } from '../onnx-builder';
import type { RawAnswer } from '../raw-http';
import { expectPlainMultipart, file, params, python } from './forms';
import { readAsPoco } from './poco';
import { sharedServer, type SharedServer } from '../shared-server';
import { deepgrow2d } from '../models/deepgrow-config';
import { deepgrowModel } from '../models/deepgrow-onnx';

describeWithData(
  'NVIDIA’s Python test program: its requests, with models of ours under their names',
  [
    'configs/python-client-aas_tests.json',
    'data/aiaa/mask2polygon.input.nii.gz',
    'data/aiaa/fixpolygon.input.png',
    'data/aiaa/cxr_AC07112011207153620_v2.png',
  ],
  (testsFile, volume, picture, xray) => {
    // oxlint-disable-next-line typescript/no-explicit-any
    const recorded = (name: string): any =>
      // oxlint-disable-next-line typescript/no-explicit-any
      JSON.parse(readFileSync(testsFile, 'utf8')).tests.find((one: any) => one.name === name);
    const modelOf = (test: string) => recorded(test).model as string;
    let server: SharedServer;

    beforeAll(async () => {
      server = await sharedServer({
        [modelOf('test_segmentation_spleen')]: [{ ...brightConfig(), labels: ['spleen'] }, identityModel()],
        [modelOf('test_annotation_spleen')]: [annotationConfig, annotationGraph(), 'model.trt.pb'],
        [modelOf('test_deepgrow_spleen')]: [deepgrow2d, deepgrowModel([256, 256], 0.5)],
        [modelOf('test_inference')]: [classifierConfig(['bright', 'dark']), classifierModel([4, -4], [-1, 1])],
      });
    });

    const get = async (selector: string) => {
      const { status, body } = await python(server.url, 'GET', selector);
      return { status, json: JSON.parse(body.toString()) as Record<string, unknown> & { name: string }[] };
    };
    const call = (selector: string, fields: object, path: string) =>
      python(server.url, 'POST', selector, [params(fields), file('datapoint', path, readFileSync(path))]);
    const textOf = (answer: RawAnswer) => JSON.parse(readAsPoco(answer).text!) as Record<string, unknown>;

    test('test_models, test_model: by label and by name', async () => {
      const { json: found } = await get(`/v1/models?label=${recorded('test_models').label}`);
      expect(found.map(({ name }) => name)).toContain('segmentation_ct_spleen');
      const { json: one } = await get(`/v1/models?model=${modelOf('test_model')}`);
      expect(one).toMatchObject({ name: 'segmentation_ct_spleen', labels: ['spleen'] });
    });

    test('test_create_session, test_get_session, test_close_session', async () => {
      const put = await python(server.url, 'PUT', '/session/?expiry=0', [file('image', volume, readFileSync(volume))]);
      const { session_id: id } = JSON.parse(put.body.toString()) as { session_id: string };
      const statuses = [
        put.status,
        (await get(`/session/${id}`)).status,
        (await python(server.url, 'DELETE', `/session/${id}`)).status,
        (await get(`/session/${id}`)).status,
      ];
      expect(statuses).toEqual([200, 200, 200, 404]);
    });

    test('test_segmentation_spleen, test_annotation_spleen', async () => {
      const { point_set: points } = recorded('test_annotation_spleen');
      const answers = [
        await call(`/v1/segmentation?model=${modelOf('test_segmentation_spleen')}`, {}, volume),
        await call(`/v1/dextr3d?model=${modelOf('test_annotation_spleen')}`, { points }, volume),
      ];
      for (const answer of answers) {
        expectPlainMultipart(answer);
        expect(gunzipSync(readAsPoco(answer).file!)).toHaveLength(352 + 392 * 392 * 210);
      }
    });

    test('test_deepgrow_spleen: the current point is flat', async () => {
      const { foreground, background } = recorded('test_deepgrow_spleen');
      const [[x, y, z]] = foreground as number[][];
      const fields = { foreground, background, current_point: [x, y, z] };
      const answer = await call(`/v1/deepgrow?model=${modelOf('test_deepgrow_spleen')}`, fields, volume);
      expectPlainMultipart(answer);
      const voxels = gunzipSync(readAsPoco(answer).file!).subarray(352);
      expect(voxels[x + 392 * (y + 392 * z)]).toBe(1);
    });

    test('test_inference: an X-ray in, params and no file out', async () => {
      const answer = await call(`/v1/inference?model=${modelOf('test_inference')}`, recorded('test_inference').params, xray);
      expectPlainMultipart(answer);
      expect(readAsPoco(answer).file).toBeUndefined();
      expect(textOf(answer)).toMatchObject({ probabilities: { bright: expect.any(Number), dark: expect.any(Number) } });
    }); // prettier-ignore

    test('test_mask2polygon_spleen: the recorded polygons as a plain JSON array', async () => {
      const { polygons } = recorded('test_fixpolygon_3d_spleen') as { polygons: unknown[] };
      const ratio = recorded('test_mask2polygon_spleen').point_ratio as number;
      const { headers, body } = await call('/v1/mask2polygon', { more_points: ratio }, volume);
      expect(headers['content-type']).toBe('application/json');
      const slices = JSON.parse(body.toString()) as unknown[];
      expect(slices).toHaveLength(210);
      expect(slices.slice(0, polygons.length)).toEqual(polygons);
      expect(polygons.filter((slice) => (slice as unknown[]).length > 0)).toHaveLength(31);
    });

    test('test_fixpolygon_spleen: PNG in, polygons and PNG of the same size out', async () => {
      const { polygons: poly, index, vertex_offset, propagate_neighbor } = recorded('test_fixpolygon_spleen');
      const answer = await call(
        '/v1/fixpolygon',
        { poly, vertex_offset, dimension: 2, polygon_index: index[0], vertex_index: index[1], propagate_neighbor },
        picture,
      );
      const { file: mask, fileName } = readAsPoco(answer);
      expect(fileName).toBe('result.png');
      const { poly: moved } = textOf(answer) as { poly: number[][][] };
      expect(moved[0].slice(12, 17)).toEqual([[84, 202], [86, 215], [81, 217], [69, 219], [59, 207]]); // prettier-ignore
      const { volume: read } = await decodeImage(temporaryFile('x.png', mask!), 'x.png');
      expect(read.shape).toEqual([392, 392]);
      expect([...new Set(read.data)].sort()).toEqual([0, 1]);
    });

    test('test_fixpolygon_3d_spleen: five slices on each side follow', async () => {
      const { polygons: poly, index, vertex_offset, propagate_neighbor } = recorded('test_fixpolygon_3d_spleen');
      const [slice_index, polygon_index, vertex_index] = index;
      const [slices, vertices] = propagate_neighbor;
      const answer = await call(
        '/v1/fixpolygon',
        {
          poly,
          vertex_offset,
          dimension: 3,
          slice_index,
          polygon_index,
          vertex_index,
          propagate_neighbor: vertices,
          propagate_neighbor_3d: slices,
        },
        volume,
      );
      const { poly: moved } = textOf(answer) as { poly: number[][][][] };
      const changed = moved.flatMap((slice, k) => (JSON.stringify(slice) === JSON.stringify(poly[k]) ? [] : [k]));
      expect([changed[0], changed.at(-1)]).toEqual([99, 109]);
      const wanted = poly[104][0][4].map((value: number, axis: number) => value + vertex_offset[axis]);
      expect(moved[104][0][4]).toEqual(wanted);
      expect(gunzipSync(readAsPoco(answer).file!).readInt16LE(46)).toBe(210);
    });
  },
);
