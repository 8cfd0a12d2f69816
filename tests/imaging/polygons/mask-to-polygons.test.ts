import { readFileSync } from 'node:fs';
import { decodeImage } from '../../../gateway/imaging/formats/decode';
import { fillPolygons } from '../../../gateway/imaging/polygons/fill-polygons';
import { maskToPolygons } from '../../../gateway/imaging/polygons/mask-to-polygons';
import type { Volume } from '../../../gateway/imaging/volume';
import { describeWithData } from '../../shared-data';

/** A mask drawn with characters: rows are axis X, columns axis Y. */
function draw(...rows: string[]): Volume {
  const data = Uint8Array.from(rows.join(''), (pixel) => (pixel === '#' ? 1 : 0));
  return { data, shape: [rows.length, rows[0].length], strides: [rows[0].length, 1], axes: 'XY', properties: {} };
}

describe('borders of small masks', () => {
  test('a square: counterclockwise from its first pixel in raster order, as [column, row]', () => {
    expect(maskToPolygons(draw('....', '.##.', '.##.', '....'))).toEqual([[[[1, 1], [1, 2], [2, 2], [2, 1]]]]); // prettier-ignore
  });

  test('one pixel, an empty mask, and foreground on every edge of the picture', () => {
    expect(maskToPolygons(draw('..', '.#'))).toEqual([[[[1, 1]]]]);
    expect(maskToPolygons(draw('..', '..'))).toEqual([[]]);
    expect(maskToPolygons(draw('##', '##'))).toEqual([[[[0, 0], [0, 1], [1, 1], [1, 0]]]]); // prettier-ignore
  });

  test('a line is walked there and back', () => {
    expect(maskToPolygons(draw('....', '.###'))).toEqual([[[[1, 1], [2, 1], [3, 1], [2, 1]]]]); // prettier-ignore
  });

  test('a hole follows its outer border; the blob found last comes first', () => {
    const mask = draw('###..', '#.#.#', '###..');
    const [slice] = maskToPolygons(mask);
    expect(slice.map((border) => border[0])).toEqual([[4, 1], [0, 0], [0, 1]]); // prettier-ignore
    expect(slice[2]).toEqual([[0, 1], [1, 0], [2, 1], [1, 2]]); // prettier-ignore
  });

  test.each([
    [0, 12],
    [1, 6],
    [10, 2],
    [100, 1],
  ])('more_points %i keeps every such point of a long border: %i', (morePoints, count) => {
    expect(maskToPolygons(draw('####', '####', '####', '####'), { morePoints })[0][0]).toHaveLength(count);
  });

  test('short borders are kept whole', () => {
    expect(maskToPolygons(draw('##', '##'), { morePoints: 10 })[0][0]).toHaveLength(4);
  });
});

test('borders fill to the mask they were traced from, holes and islands included', () => {
  let seed = 7;
  const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  for (let round = 0; round < 400; round++) {
    const [rows, columns, density] = [1 + (round % 9), 1 + ((round * 7) % 11), 0.2 + 0.7 * random()];
    const data = Uint8Array.from({ length: rows * columns }, () => (random() < density ? 1 : 0));
    const mask: Volume = { data, shape: [rows, columns], strides: [columns, 1], axes: 'XY', properties: {} };
    const filled = new Uint8Array(data.length);
    fillPolygons(filled, columns, maskToPolygons(mask)[0]);
    expect([...filled]).toEqual([...data]);
  }
});

describeWithData(
  'NVIDIA’s own fixture',
  ['data/aiaa/mask2polygon.input.nii.gz', 'configs/python-client-aas_tests.json'],
  (image, tests) => {
    test('gives the recorded polygons, all slices', async () => {
      const recorded = (
        JSON.parse(readFileSync(tests, 'utf8')) as { tests: { name: string; polygons: number[][][][] }[] }
      ).tests.find(({ name }) => name === 'test_fixpolygon_3d_spleen')!.polygons;
      const polygons = maskToPolygons((await decodeImage(image, 'mask.nii.gz')).volume, { morePoints: 10 });
      expect(recorded.filter((slice) => slice.length > 0)).toHaveLength(31);
      expect(polygons).toHaveLength(210);
      // The recorded list is shorter where only empty slices follow.
      recorded.forEach((slice, k) => expect({ k, slice: polygons[k] }).toEqual({ k, slice }));
      expect(polygons.slice(recorded.length).flat()).toEqual([]);
    });
  },
);
