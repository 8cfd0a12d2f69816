import { boxAround, cutTo, onWholeGrid } from '../../../../gateway/pipeline/inferers/pack/grid';
import { firstAxisFastest, sizeOf, type Volume } from '../../../../gateway/imaging/volume';

const affine = [1.2, 0, 0, -10, 0, 2, 0, 20, 0, 0, 3, 5, 0, 0, 0, 1];

function volume(shape: number[], fill: (index: number[]) => number): Volume {
  const data = new Uint8Array(sizeOf(shape));
  const strides = firstAxisFastest(shape);
  for (let at = 0; at < data.length; at++) data[at] = fill(strides.map((step, d) => Math.floor(at / step) % shape[d]));
  return { data, shape, strides, axes: 'XYZ', affine, properties: {} };
}

const labels = volume([12, 10, 8], ([x, y, z]) => (x === 5 && y >= 4 && y < 6 && z === 7 ? 3 : x === 0 ? 1 : 0));

test('the box is that of the labels, wider by whole voxels of the margin, within the image', () => {
  // 6 mm are 4 voxels and a bit of 1.2 mm in float32, 3 of 2 mm, 2 of 3 mm.
  expect(boxAround(labels, [3], [6, 6, 6], labels)).toEqual([[1, 10], [1, 9], [5, 8]]); // prettier-ignore
  expect(boxAround(labels, [2], [6, 6, 6], labels)).toBeUndefined();
});

test('what is cut out lies where it lay, and comes back there', () => {
  const cut = cutTo(labels, [[4, 7], [3, 8], [6, 8]]); // prettier-ignore
  expect(cut.shape).toEqual([3, 5, 2]);
  expect([3, 7, 11].map((at) => cut.affine![at])).toEqual([-10 + 4 * 1.2, 20 + 3 * 2, 5 + 6 * 3]);
  const dense = volume([3, 5, 2], ([x, y, z]) => cut.data[x + y * 12 + z * 120]);
  const back = onWholeGrid(dense, [[4, 7], [3, 8], [6, 8]], labels); // prettier-ignore
  expect([...back.data]).toEqual([...labels.data].map((label) => (label === 3 ? 3 : 0)));
});
