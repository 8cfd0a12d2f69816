import { z } from 'zod';
import { parsed } from '../../config/nnunet/plans';
import type { Contents } from '../layouts/layout';
import type { TrainedFolder } from './results-folder';

const KEEP_LARGEST = 'remove_all_but_largest_component_from_segmentation';

const label = z.int().min(1).max(65535);
const schema = z
  .looseObject({
    postprocessing_fns: z.array(
      z.literal(KEEP_LARGEST, { error: `expected the function ${KEEP_LARGEST}, which is all that nnU-Net has` }),
    ),
    postprocessing_kwargs: z.array(
      z.strictObject({
        /** A label, a region, or a list of both: one mask of all their voxels. */
        labels_or_regions: z.union([label, z.array(z.union([label, z.array(label).min(1)])).min(1)]),
        background_label: z.literal(0).optional(),
      }),
    ),
  })
  .refine((given) => given.postprocessing_fns.length === given.postprocessing_kwargs.length, {
    error: 'as many postprocessing_kwargs as postprocessing_fns',
  });

/**
 * What nnU-Net's find_best_configuration found good to do with the mask: for each step the labels of whose common mask the largest component stays.
 * Of several cross-validations that of the served folds counts, else the only one.
 * @throws PlansError naming what the file has that is not done
 */
export async function postprocessingOf(contents: Contents, folders: readonly TrainedFolder[], folds: readonly string[]): Promise<{ keep_largest: number[][]; warnings: string[] }> {
  const [{ root }] = folders;
  const names = folders.map((folder) => folder.root.split('/').at(-2) ?? '');
  const place = folders.length > 1 ? `${root.split('/').slice(0, -2).map((part) => `${part}/`).join('')}ensembles/ensemble___${names.join('___')}___` : `${root}crossval_results_folds_`;
  const found = contents.paths.filter((path) => path.startsWith(place) && /^[\w]+\/postprocessing\.(json|pkl)$/.test(path.slice(place.length)));
  const jsons = found.filter((path) => path.endsWith('.json'));
  const exact = jsons.find((path) => path.slice(place.length).split('/')[0] === folds.join('_'));
  const path = exact ?? (jsons.length === 1 ? jsons[0] : undefined);
  if (path === undefined) {
    const why = jsons.length > 1 ? `none is of the folds ${folds.join(', ')}` : 'it is a pickle alone; postprocessing.json, which nnU-Net writes beside it, is missing';
    return { keep_largest: [], warnings: found.length > 0 ? [`${found.join(', ')} is not applied: ${why}`] : [] };
  }
  const read = parsed(schema, JSON.parse(await contents.readText(path, 1 << 20)), path);
  const keep_largest = read.postprocessing_kwargs.map(({ labels_or_regions: labels }) => [...new Set([labels].flat(2))]);
  const other = `${path} was made with other folds than ${folds.join(', ')}, which are served; it is applied all the same`;
  return { keep_largest, warnings: exact || keep_largest.length === 0 ? [] : [other] };
} // prettier-ignore
