import { z } from 'zod';
import { parseJson } from '../../config/config-source';
import { isRecord } from '../../config/findings';
import { stagesOf } from '../../config/nnunet/section';
import { MAX_TEXT_BYTES, type Contents } from '../layouts/layout';
import type { TrainedFolder } from './results-folder';

/** Without a word from anybody: what nnU-Net's documentation tries first. */
const ORDER = ['3d_fullres', '3d_lowres', '2d'];

/** A folder that is served, with that of the first stage where it is the second one of a cascade. */
export interface ChosenFolder {
  folder: TrainedFolder;
  first_stage?: TrainedFolder;
}

export interface ChosenNetworks {
  /** More than one: an ensemble. */
  members: ChosenFolder[];
  warnings: string[];
}

/**
 * The configuration that is served: what the client asks for, else what `inference_information.json` calls the best one, an ensemble where all its parts are
 * there, else by a fixed order.
 * @throws Error naming those that there are, or the first stage of a cascade that is missing
 */
export async function chooseNetworks(contents: Contents, folders: readonly TrainedFolder[], wanted: string | undefined): Promise<ChosenNetworks> {
  const { taken, why } = await choose(contents, folders, wanted);
  const members: ChosenFolder[] = [];
  for (const folder of taken) members.push(await withFirstStage(contents, folder, folders));
  const used = stagesOf(members.map(({ folder, first_stage }) => ({ folder, first_stage: first_stage && { folder: first_stage } }))).map(({ folder }) => folder);
  const others = folders.filter((other) => !used.includes(other) && (wanted === undefined || other.configuration === wanted)).map(({ root }) => root);
  if (others.length === 0) return { members, warnings: [] };
  const roots = taken.map(({ root }) => root).join(' and ');
  const warning = `The archive has several trained configurations; ${roots} ${taken.length > 1 ? 'were' : 'was'} taken${why}, not ${others.join(', ')}; ask for another with -F configuration=NAME`;
  return { members, warnings: [warning] };
} // prettier-ignore

/** @returns the folders, and a part of a sentence that says why these */
async function choose(contents: Contents, folders: readonly TrainedFolder[], wanted: string | undefined): Promise<{ taken: TrainedFolder[]; why: string }> {
  const names = folders.map(({ configuration }) => configuration ?? 'one without a name').join(', ');
  const asked = wanted === undefined ? [...folders] : folders.filter(({ configuration }) => configuration === wanted);
  if (asked.length === 0 && folders.length === 1 && folders[0].configuration === undefined) asked.push(folders[0]);
  if (asked.length === 0) throw new Error(`it has no configuration "${wanted}" (it has ${names})`);
  const best = wanted === undefined && asked.length > 1 ? await bestOf(contents) : [];
  const found = best.map((one) => asked.find((folder) => isSame(folder, one)));
  const missing = best.filter((_, at) => !found[at]).map(({ configuration }) => configuration);
  if (best.length === 0) return { taken: [byOrder(asked)], why: '' };
  if (missing.length === 0) return { taken: found as TrainedFolder[], why: ', which inference_information.json calls the best' };
  const why = `; inference_information.json calls best what needs ${missing.join(' and ')}, which is not in the archive`;
  return { taken: [byOrder(asked)], why };
} // prettier-ignore

const byOrder = (folders: readonly TrainedFolder[]) =>
  ORDER.flatMap((name) => folders.filter(({ configuration }) => configuration === name))[0] ?? folders[0];

type BestModel = z.output<typeof information>['best_model_or_ensemble']['selected_model_or_models'][number];

const isSame = ({ configuration, training }: TrainedFolder, best: BestModel) =>
  configuration === best.configuration &&
  (best.trainer === undefined || training === `${best.trainer}__${best.plans_identifier ?? 'nnUNetPlans'}`);

const information = z.looseObject({
  best_model_or_ensemble: z.looseObject({
    selected_model_or_models: z
      .array(
        z.looseObject({
          configuration: z.string(),
          trainer: z.string().optional(),
          plans_identifier: z.string().optional(),
        }),
      )
      .min(1),
  }),
});

/** The choice of nnU-Net's find_best_configuration; empty where the archive does not say. */
async function bestOf(contents: Contents): Promise<BestModel[]> {
  const path = contents.paths.find((one) => /^([^/]+\/)?inference_information\.json$/.test(one));
  if (path === undefined) return [];
  const text = await contents.readText(path, 1 << 20);
  const { data } = information.safeParse(JSON.parse(text.replace(/\b(NaN|-?Infinity)\b/g, 'null')));
  return data?.best_model_or_ensemble.selected_model_or_models ?? [];
}

/** The first stage is of the same trainer and plans, as in the commands that nnU-Net prints. @throws Error when it is missing */
async function withFirstStage(contents: Contents, folder: TrainedFolder, all: readonly TrainedFolder[]): Promise<ChosenFolder> {
  const name = folder.configuration;
  const plans = name === undefined ? undefined : parseJson(await contents.readText(`${folder.root}plans.json`, MAX_TEXT_BYTES));
  const configurations = isRecord(plans) && isRecord(plans.configurations) ? plans.configurations : {};
  const own = name !== undefined && Object.hasOwn(configurations, name) ? configurations[name] : undefined;
  const previous = isRecord(own) && typeof own.previous_stage === 'string' ? own.previous_stage : undefined;
  if (previous === undefined) return { folder };
  const first = all.find(({ configuration, training }) => configuration === previous && training === folder.training);
  if (first) return { folder, first_stage: first };
  const has = all.filter((one) => one !== folder).map(({ root }) => root).join(', ');
  throw new Error(`the configuration "${name}" is the second stage of a cascade, and the folder of its first stage, ${folder.training}__${previous}, is not in the archive${has && ` (it has ${has})`}; send both in one archive`);
} // prettier-ignore
