import { readFileSync } from 'node:fs';
import { decodeImage } from '../../../gateway/imaging/formats/decode';
import { encodePng } from '../../../gateway/imaging/formats/png';
import { sameAffine } from '../../../gateway/imaging/geometry';
import { runPolygonJob } from '../../../gateway/pipeline/polygons/run-polygon-job';
import { StageClock } from '../../../gateway/telemetry/stages';
import type { RequestParams } from '../../../gateway/transforms/sample';
import { makeNifti1 } from '../../imaging/formats/nifti/make-nifti';
import { temporaryFile, temporaryFolder } from '../../imaging/formats/temporary-file';
import { voxelsOf } from '../../imaging/formats/voxels';
import { describeWithData } from '../../shared-data';
import { resultPath } from '../result-path';

const nifti = makeNifti1({ dim: [6, 5, 3], datatype: 4, voxels: new Uint8Array(180) });

async function fix(params: RequestParams, image: Buffer, name = 'image.nii.gz') {
  const path = temporaryFile('image', image);
  const job = { kind: 'fix-polygon' as const, id: 'x', image: { path, name }, params, directory: temporaryFolder() };
  const { file, jsonText = '' } = await runPolygonJob(job, new StageClock());
  const mask = (await decodeImage(resultPath(file!), file!.name)).volume;
  return { file: file!, poly: (JSON.parse(jsonText) as { poly: unknown }).poly, mask, path };
}

const square = [[1, 1], [1, 4], [3, 4], [3, 1]]; // prettier-ignore

test('3-D: polygons per slice back, and their mask on the grid of the scan', async () => {
  const params = {
    poly: [[], [square], []],
    dimension: 3,
    slice_index: 1,
    polygon_index: 0,
    vertex_index: 2,
    vertex_offset: [1, 1],
    propagate_neighbor: 0,
    propagate_neighbor_3d: 1,
  };
  const { poly, mask, file, path } = await fix(params, nifti);
  const moved = [[1, 1], [1, 4], [4, 5], [3, 1]]; // prettier-ignore
  expect(poly).toEqual([[], [moved], []]);
  expect([file.name, mask.data.constructor.name, mask.shape]).toEqual(['result.nii.gz', 'Uint8Array', [6, 5, 3]]);
  expect(sameAffine(mask.affine!, (await decodeImage(path, 'x.nii')).volume.affine!)).toBe(true);
  // Points are [y, x]: x is the first axis of the file.
  const at = (x: number, y: number, z: number) => voxelsOf(mask)[x + 6 * (y + 5 * z)];
  expect([at(1, 1, 1), at(4, 1, 1), at(5, 4, 1), at(1, 4, 1), at(1, 1, 0)]).toEqual([1, 1, 1, 0, 0]);
});

test('old clients: poly moved already, prev_poly before, no offset', async () => {
  const poly = [square.map((point, index) => (index === 3 ? [4, 0] : point))];
  const params = { poly, prev_poly: [square], polygonIndex: 0, vertexIndex: 3, propagate_neighbor: 1 };
  const picture = encodePng({
    data: new Uint8Array(30),
    shape: [6, 5],
    strides: [5, 1],
    axes: 'XY',
    properties: {},
  });
  const answer = await fix(params, picture, 'slice.png');
  // The offset is [1, -1]; both neighbours follow by a half.
  expect(answer.poly).toEqual([[[2, 1], [1, 4], [4, 4], [4, 0]]]); // prettier-ignore
  expect([answer.file.name, answer.file.contentType]).toEqual(['result.png', 'image/png']);
});

test.each<[RequestParams, string]>([
  [{}, 'poly is missing'],
  [{ poly: 'x' }, 'poly is "x", which is not JSON'],
  [{ poly: [[[1, 'a']]] }, 'poly[0][0] has [1,"a"], expected two numbers'],
  [{ poly: [[[1, 2, 3]]] }, 'poly[0][0] has [1,2,3]'],
  [{ poly: [[[1, 1e9]]] }, 'expected two numbers'],
  [{ poly: [square] }, 'polygon_index is missing'],
  [{ poly: [square], polygon_index: 0, vertex_index: 4, vertex_offset: [1, 1] }, 'vertex_index is 4, but there are 4'],
  [{ poly: [square], polygon_index: -1, vertex_index: 0 }, 'polygon_index is -1, but there are 1'],
  [{ poly: [square], polygon_index: 0, vertex_index: 0 }, 'vertex_offset is missing'],
  [{ poly: [square], polygon_index: 0.5 }, 'polygon_index is 0.5, expected a whole number'],
  [{ poly: [square], dimension: 3, slice_index: 0 }, 'dimension is 3, but poly is a list of polygons (2)'],
  [{ poly: [square], polygon_index: 0, vertex_index: 0, vertex_offset: [1, 1] }, 'the image has 3 slices'],
  [
    {
      poly: [[], [], [], [square]],
      slice_index: 3,
      polygon_index: 0,
      vertex_index: 0,
      vertex_offset: [1, 1],
    },
    'poly has 4 slices, but the image has 3',
  ],
])('%j is the request’s fault', async (params, message) => {
  await expect(fix(params, nifti)).rejects.toMatchObject({
    code: 'BAD_PARAMS',
    message: expect.stringContaining(message),
  });
});

describeWithData(
  'the requests NVIDIA recorded',
  ['data/aiaa/fixpolygon.input.json', 'data/aiaa/fixpolygon.input.png'],
  (paramsFile, image) => {
    test('2-D, first generation', async () => {
      const params = JSON.parse(readFileSync(paramsFile, 'utf8')) as RequestParams;
      const { poly, mask } = await fix(params, readFileSync(image), 'fixpolygon.input.png');
      const [ring] = poly as number[][][];
      expect(ring.slice(13, 16)).toEqual([[86, 220], [81, 227], [69, 224]]); // prettier-ignore
      expect(mask.shape).toEqual([392, 392]);
      expect(new Set(voxelsOf(mask))).toEqual(new Set([0, 1]));
    });
  },
);
