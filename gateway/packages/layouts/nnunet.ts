import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isRecord } from '../../config/findings';
import { parseJson } from '../../config/config-source';
import type { NnunetSection } from '../../config/nnunet/section';
import { fail, GatewayError, messageOf } from '../../errors';
import { chooseNetworks } from '../nnunet/choose-networks';
import { convertModel, type TrainedModel, type TrainedStage } from '../nnunet/convert';
import { INFO_FILES, readInfo } from '../nnunet/nninteractive';
import { postprocessingOf } from '../nnunet/postprocessing';
import { checkpointOf, chooseFolds, trainedFolders, type TrainedFolder } from '../nnunet/results-folder';
import {
  MAX_TEXT_BYTES,
  type Contents,
  type FoundPackage,
  type Layout,
  type LayoutOptions,
  type ModelChoice,
} from './layout';

/** Results of nnU-Net 2: what `nnUNetv2_export_model_to_zip` packs, or a folder `TRAINER__PLANS__CONFIGURATION` by itself. No config is needed. */
export const nnunet: Layout = {
  title: 'a results folder of nnU-Net (TRAINER__PLANS__CONFIGURATION with plans.json, dataset.json, fold_*/checkpoint_final.pth)',
  matches: (contents) => trainedFolders(contents).length > 0,
  async take(contents, { config, choice = {} }) {
    const folders = trainedFolders(contents);
    const { name, directory } = contents;
    const unpacked = new Map<TrainedFolder, Promise<TrainedStage>>();
    const stageOf = (folder: TrainedFolder) => {
      const stage = unpacked.get(folder) ?? unpackStage(contents, folder, chooseFolds(folder, choice.folds), unpacked.size);
      unpacked.set(folder, stage);
      return stage;
    };
    try {
      const chosen = await chooseNetworks(contents, folders, choice.configuration);
      const served = chosen.members.map(({ folder }) => folder);
      const { keep_largest, warnings } = await postprocessingOf(contents, served, chooseFolds(served[0], choice.folds));
      const members = [];
      for (const { folder, first_stage: first } of chosen.members)
        members.push({ ...(await stageOf(folder)), first_stage: first && (await stageOf(first)) });
      const found = await convert({ name, members, keep_largest, precision: readPrecision(choice.precision), mirroring: readMirroring(choice), directory }, config);
      // Their weights are in the model now.
      await rm(join(directory, CHECKPOINTS), { recursive: true, force: true });
      return { ...found, warnings: [...chosen.warnings, ...warnings, ...found.warnings] };
    } catch (error) {
      throw asBadModel(error, contents.name);
    }
  },
}; // prettier-ignore

/** Folder of the unpacked checkpoints. */
const CHECKPOINTS = 'checkpoints';

async function unpackStage(contents: Contents, folder: TrainedFolder, folds: readonly string[], number: number): Promise<TrainedStage> {
  const [plans, dataset] = await Promise.all(
    ['plans.json', 'dataset.json'].map(async (file) => parseJson(await contents.readText(folder.root + file, MAX_TEXT_BYTES))),
  );
  const info = INFO_FILES.map((file) => folder.root + file).find((path) => contents.paths.includes(path));
  const nninteractive = info === undefined ? undefined : readInfo(parseJson(await contents.readText(info, MAX_TEXT_BYTES)), info);
  if (nninteractive && folds.length > 1) throw new Error(`nnInteractive runs one fold, and ${folder.root || 'the archive'} has ${folds.join(', ')}; choose one, as in folds=${folds[0]}`);
  const targets = new Map(folds.map((fold) => [checkpointOf(folder, fold), `fold_${fold}.pth`]));
  const unpacked = await contents.unpack(join(CHECKPOINTS, String(number)), targets);
  return { checkpoints: folds.map((fold) => join(unpacked, `fold_${fold}.pth`)), plans, dataset, nninteractive };
} // prettier-ignore

/** A `checkpoint_final.pth` by itself: it holds its own plans, and is one fold of one configuration. @throws BAD_MODEL_FILE */
export async function takeCheckpointAlone(path: string, name: string, directory: string, { config, choice = {} }: Pick<LayoutOptions, 'config' | 'choice'>): Promise<FoundPackage> {
  try {
    const found = await convert({ name, members: [{ checkpoints: [path] }], precision: readPrecision(choice.precision), mirroring: readMirroring(choice), directory }, config);
    const unread = (['configuration', 'folds'] as const).filter((field) => choice[field] !== undefined);
    return { ...found, warnings: unread.map((field) => `The form field "${field}" was not used: a checkpoint is one fold of one configuration`) };
  } catch (error) {
    throw asBadModel(error, name);
  }
} // prettier-ignore

function readPrecision(asked: string | undefined): TrainedModel['precision'] {
  if (asked === undefined || asked === 'fp32' || asked === 'fp16') return asked;
  throw new Error(`precision is "${asked.slice(0, 60)}"; expected fp32, or fp16 for GPUs`);
}

function readMirroring({ mirroring }: ModelChoice): boolean {
  if (mirroring === undefined || mirroring === 'on') return true;
  if (mirroring === 'off') return false;
  throw new Error(`mirroring is "${mirroring.slice(0, 60)}"; expected on (as the checkpoint says) or off`);
}

async function convert(model: TrainedModel, config: string | undefined): Promise<FoundPackage> {
  const { data, section } = await convertModel(model);
  return { data, ...configOf(section, config), warnings: [] };
}

/** The config of the model: what its author sent beside it, and what the folder says. */
function configOf(section: NnunetSection, sent: string | undefined): { config: string } {
  const given = sent === undefined ? {} : parseJson(sent);
  if (!isRecord(given)) throw fail('BAD_CONFIG', { what: 'it is not a JSON object' });
  return { config: JSON.stringify({ ...given, nnunet: section }, null, 2) };
}

function asBadModel(error: unknown, file: string): GatewayError {
  if (error instanceof GatewayError) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code !== undefined) throw error;
  return fail('BAD_MODEL_FILE', { file, what: messageOf(error) }, { cause: error });
}
