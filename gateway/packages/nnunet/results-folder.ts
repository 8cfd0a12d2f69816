import type { Contents } from '../layouts/layout';

const PLANS = 'plans.json';
const CHECKPOINT = 'checkpoint_final.pth';

/** One trained configuration in an archive. */
export interface TrainedFolder {
  /** Relative to the archive's folder, with its slash; empty for the folder itself. */
  root: string;
  /** By the folder's name; undefined where that was left out. */
  configuration?: string;
  /** Trainer and plans with their underscores between, as the folder's name begins; undefined with it. */
  training?: string;
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
    const named = parts.length === 3 ? { training: `${parts[0]}__${parts[1]}`, configuration: parts[2] } : {};
    return [{ root, folds: folds.sort(byNumber), ...named }];
  });
} // prettier-ignore

const byNumber = (a: string, b: string) => (a === 'all' ? 1 : b === 'all' ? -1 : Number(a) - Number(b));

export const checkpointOf = (folder: TrainedFolder, fold: string) => `${folder.root}fold_${fold}/${CHECKPOINT}`;

/** The folds that are served: those asked for, else all numbered ones, else `all`. @throws Error naming those that there are */
export function chooseFolds({ folds, root }: TrainedFolder, wanted: string | undefined): string[] {
  const numbered = folds.filter((fold) => fold !== 'all');
  if (wanted === undefined) return numbered.length > 0 ? numbered : folds;
  const asked = [...new Set(wanted.split(/[\s,]+/).filter((fold) => fold !== ''))];
  const missing = asked.filter((fold) => !folds.includes(fold));
  if (asked.length > 0 && missing.length === 0) return asked;
  throw new Error(`folds is "${wanted.slice(0, 60)}", and ${root || 'the archive'} has ${folds.join(', ')}; write them as in folds=0,1`);
} // prettier-ignore
