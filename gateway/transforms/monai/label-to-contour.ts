import { z } from 'zod';
import { contour } from '../../imaging/ops/labels/contour';
import { channelAxis, channelCount, channelView, sizeOf, withChannelAxis } from '../../imaging/volume';
import { allocateUnset } from '../../arena';
import { copyElements } from '../../imaging/simd/copy';
import { keysArguments } from '../arguments';
import { defineTransform } from '../definition';
import { forEachKey } from './for-each-key';

export const labelToContourd = defineTransform({
  name: 'LabelToContourd',
  dialect: 'monai',
  summary: 'The edge voxels of masks of 0 and 1, each channel by itself: a Laplacian kernel of 3 voxels per axis, cut to 0..1; zeros lie outside the image.',
  source: 'MONAI 1.5.2',
  args: z.strictObject({
    ...keysArguments,
    kernel_type: z.literal('Laplace', { error: 'MONAI has "Laplace" alone' }).default('Laplace'),
  }),
  apply(sample, args) {
    forEachKey(sample, args, (volume) => {
      const image = withChannelAxis(volume, 'first');
      const axis = channelAxis(image);
      const edges = Array.from({ length: channelCount(image) }, (_, c) => contour(channelView(image, c)));
      const [{ strides: spatial, shape, data: first }] = edges;
      const size = sizeOf(shape);
      const data = edges.length === 1 ? first : allocateUnset(Float32Array, size * edges.length);
      if (edges.length > 1) edges.forEach((edge, c) => copyElements(edge.data, data, c * size));
      return { ...image, data, strides: spatial.toSpliced(axis, 0, size) };
    });
  },
}); // prettier-ignore
