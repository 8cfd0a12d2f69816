import { z } from 'zod';
import { keepLargestComponent } from '../../imaging/ops/labels/components';
import * as arg from '../arguments';
import { monai } from '../definition';

const label = z.int().min(1).max(65535);

monai({
  name: 'NnunetPostprocessd',
  summary:
    'For each list of labels, one after the other: of the components of all its voxels together (neighbours by face, edge or corner) the largest stays, of equals all; the others become 0.',
  source: 'nnU-Net 2.8 remove_all_but_largest_component_from_segmentation',
  example: { keep_largest: [[1, 2], [2]] },
  args: arg.onKeys({
    /** A label by itself, or all labels of a region. */
    keep_largest: z.array(z.array(label).min(1)),
  }),
  change: (volume, { keep_largest }) =>
    inOneGo(keep_largest).reduce((kept, labels) => {
      const independent = labels.every(({ length }) => length === 1) ? 'each' : 'together';
      return keepLargestComponent(kept, { labels: labels.flat(), independent, connectivity: 'full', ties: 'all' });
    }, volume),
});

/** Single labels that follow each other do not touch each other's voxels: one pass does them all. */
function inOneGo(lists: readonly number[][]): number[][][] {
  return lists.reduce<number[][][]>((groups, labels) => {
    const last = groups.at(-1);
    const areSingle = labels.length === 1 && last?.every(({ length }) => length === 1);
    return areSingle ? [...groups.slice(0, -1), [...last!, labels]] : [...groups, [labels]];
  }, []);
}
