import { sigmoid, softmax } from '../../../gateway/imaging/ops/intensity/voxel-wise';
import { argmax, oneHot } from '../../../gateway/imaging/ops/labels/label-maps';
import golden from '../../golden/kernels_goldens.json';
import { expectClose } from './volumes';

describe('kernels across channels', () => {
  test.each([
    [2, [1, 2, 2, 1, 2, 3], [0, 0, 1]],
    [3, [0, 5, 5, 5, 1, 5, 4, 9, 5], [1, 2, 0]],
    [1, [7, 7], [0, 0]],
  ])('argmax of %i channels, ties to the lowest', (channels, values, expected) => {
    const labels = argmax(Float32Array.from(values), channels);
    expect(labels).toBeInstanceOf(Uint8Array);
    expect([...labels]).toEqual(expected);
  });

  test('argmax beyond one block and with more than 256 channels', () => {
    const size = 5000;
    const many = new Float32Array(300 * size);
    for (let i = 0; i < size; i++) many[(i % 300) * size + i] = 1;
    const labels = argmax(many, 300);
    expect(labels).toBeInstanceOf(Uint16Array);
    expect(labels.every((label, i) => label === i % 300)).toBe(true);
  });

  test('softmax as torch', () => {
    const { logits, values } = golden.softmax;
    expectClose(softmax(Float32Array.from(logits.values), 3), values, 1e-6);
  });

  test('softmax and sigmoid of extreme values do not overflow', () => {
    expect([...softmax(Float32Array.from([1000, -1000]), 2)]).toEqual([1, 0]);
    expect([...sigmoid(Float32Array.from([-1000, 0, 1000]))]).toEqual([0, 0.5, 1]);
  });

  test('one-hot', () => {
    expect([...oneHot(Uint8Array.from([0, 2, 1, 9]), 3)]).toEqual([1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0]);
  });
});
