import { z } from 'zod';
import type { Contents } from '../layouts/layout';

const PLANS = 'plans.json';
const CHECKPOINT = 'checkpoint_final.pth';

/** One trained configuration in an archive. */
export interface TrainedFolder {
  /** Relative to the archive's folder, with its slash; empty for the folder itself. */
  root: string;
  /** By the folder's name; undefined where that was left out. */
  configuration?: string;
  /** Names of folds that hold a final checkpoint: `0`, `1`, …, `all`. */
  folds: string[];
}

/** Files that macOS adds. */
const isExtra = (path: string) => path.startsWith('__MACOSX/') || path.split('/').at(-1)!.startsWith('._');

/** All folders `TRAINER__PLANS__CONFIGURATION` of an archive: its root, or up to two folders down. */
export function trainedFolders({ paths }: Contents): TrainedFolder[] {
  const roots = paths.filter((path) => !isExtra(path) && /^([^/]+\/){0,2}plans\.json$/.test(path)).map((path) => path.slice(0, -PLANS.length));
  return roots.flatMap((root) => {
    const inside = paths.filter((path) => path.startsWith(root)).map((path) => path.slice(root.length));
    const folds = inside.flatMap((path) => /^fold_(\d{1,3}|all)\/checkpoint_final\.pth$/.exec(path)?.[1] ?? []);
    if (folds.length === 0 || !inside.includes('dataset.json')) return [];
    const parts = root.split('/').at(-2)?.split('__') ?? [];
    return [{ root, folds: folds.sort(byNumber), configuration: parts.length === 3 ? parts[2] : undefined }];
  });
} // prettier-ignore

const byNumber = (a: string, b: string) => (a === 'all' ? 1 : b === 'all' ? -1 : Number(a) - Number(b));

export const checkpointOf = (folder: TrainedFolder, fold: string) => `${folder.root}fold_${fold}/${CHECKPOINT}`;

/** Without a word from anybody: what nnU-Net's documentation tries first. */
const ORDER = ['3d_fullres', '3d_lowres', '2d'];

/**
 * The configuration that is served: what the client asks for, else what `inference_information.json` calls the best one, else by a fixed order.
 * @throws Error naming those that there are
 */
export async function chooseFolder(
  contents: Contents,
  folders: readonly TrainedFolder[],
  wanted: string | undefined,
): Promise<{ folder: TrainedFolder; warnings: string[] }> {
  const names = folders.map(({ configuration }) => configuration ?? 'one without a name').join(', ');
  const asked = wanted === undefined ? [...folders] : folders.filter(({ configuration }) => configuration === wanted);
  if (asked.length === 0 && folders.length === 1 && folders[0].configuration === undefined) asked.push(folders[0]);
  if (asked.length === 0) throw new Error(`it has no configuration "${wanted}" (it has ${names})`);
  if (asked.length === 1) return { folder: asked[0], warnings: [] };
  const best = wanted === undefined ? await bestOf(contents) : undefined;
  const said = best && asked.find(({ configuration }) => configuration === best.configuration);
  const folder = said ?? ORDER.flatMap((name) => asked.filter(({ configuration }) => configuration === name))[0] ?? asked[0];
  const others = asked.filter((other) => other !== folder).map(({ root }) => root);
  const why = best?.isEnsemble
    ? '; inference_information.json calls an ensemble the best, of which one part is served'
    : said
      ? ', which inference_information.json calls the best'
      : '';
  const warning = `The archive has several trained configurations; ${folder.root} was taken${why}, not ${others.join(', ')}; ask for another with -F configuration=NAME`;
  return { folder, warnings: [warning] };
} // prettier-ignore

const information = z.looseObject({
  best_model_or_ensemble: z.looseObject({
    result_on_crossval_post_pp: z.unknown().optional(),
    selected_model_or_models: z.array(z.looseObject({ configuration: z.string() })).min(1),
  }),
});

/** The choice of nnU-Net's find_best_configuration; undefined where the archive does not say. */
async function bestOf(contents: Contents): Promise<{ configuration: string; isEnsemble: boolean } | undefined> {
  const path = contents.paths.find((one) => /^([^/]+\/)?inference_information\.json$/.test(one));
  if (path === undefined) return undefined;
  const text = await contents.readText(path, 1 << 20);
  const { data } = information.safeParse(JSON.parse(text.replace(/\b(NaN|-?Infinity)\b/g, 'null')));
  const models = data?.best_model_or_ensemble.selected_model_or_models ?? [];
  return models.length > 0 ? { configuration: models[0].configuration, isEnsemble: models.length > 1 } : undefined;
}

const postprocessing = z.looseObject({ postprocessing_fns: z.array(z.unknown()) });

/** A warning where find_best_configuration chose steps after the network, which nnU-Net's predictor leaves to a command of its own; else none. */
export async function postprocessingWarnings(contents: Contents, { root }: TrainedFolder): Promise<string[]> {
  const path = contents.paths.find((one) => one.startsWith(`${root}crossval_results`) && one.endsWith('/postprocessing.json')); // prettier-ignore
  if (path === undefined) return [];
  const { data } = postprocessing.safeParse(JSON.parse(await contents.readText(path, 1 << 20)));
  if (data?.postprocessing_fns.length === 0) return [];
  return [`${path} is not applied: the mask is that of nnU-Net's predictor, before nnUNetv2_apply_postprocessing`];
}

/** The folds that are served: those asked for, else all numbered ones, else `all`. @throws Error naming those that there are */
export function chooseFolds({ folds, root }: TrainedFolder, wanted: string | undefined): string[] {
  const numbered = folds.filter((fold) => fold !== 'all');
  if (wanted === undefined) return numbered.length > 0 ? numbered : folds;
  const asked = [...new Set(wanted.split(/[\s,]+/).filter((fold) => fold !== ''))];
  const missing = asked.filter((fold) => !folds.includes(fold));
  if (asked.length > 0 && missing.length === 0) return asked;
  throw new Error(`folds is "${wanted.slice(0, 60)}", and ${root || 'the archive'} has ${folds.join(', ')}; write them as in folds=0,1`);
} // prettier-ignore
