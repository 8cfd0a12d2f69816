import type { ModelSpec, NnunetNetwork, TransformStep } from '../../model-spec';
import { isRecord, type Findings } from '../findings';
import { readLabels } from '../labels';
import type { Reading } from '../reading';
import { readSection } from '../section';
import { cacheableSteps, readWriter, resolve } from '../transform-steps';
import { aboutNnunet } from './about';
import { readNetwork } from './network';
import { readNninteractive } from './nninteractive';
import { PlansError, readers } from './plans';
import { checkTogether, readModel, type ReadModel, type StageModel } from './read-model';
import {
  membersOf,
  nnunetSchema,
  stagesOf,
  type MemberSection,
  type NnunetSection,
  type StageSection,
} from './section';
import { IMAGE, MASK, networkOf, prepareStep, resamplingOf, tensorsOf } from './stages';

const HALF =
  'The network computes its convolutions in half precision (precision=fp16), for GPUs: masks no longer equal those of nnU-Net in every voxel';

/** The tensors of a model of several networks: which of them is meant says the length of `network`. */
const severalNetworks: ModelSpec['triton'] = {
  max_batch_size: 1,
  input: [
    { name: 'input', data_type: 'TYPE_FP32', dims: [-1, -1, -1, -1] },
    { name: 'network', data_type: 'TYPE_FP32', dims: [-1] },
  ],
  output: [{ name: 'logits', data_type: 'TYPE_FP32', dims: [-1, -1, -1, -1] }],
};

/**
 * The config that the upload of a results folder of nnU-Net makes: `nnunet`, and beside it what its author may add: `description`, `labels` (names
 * with codes and colours), `version`, `writer`.
 */
export function readNnunet(config: Record<string, unknown>, reading: Reading): ModelSpec | undefined {
  const { findings, name } = reading;
  const section = readSection(nnunetSchema, config.nnunet, ['nnunet'], findings);
  if (!section) return undefined;
  const models = attempt(section, findings);
  if (!models) return undefined;
  const [{ read }] = models;
  if (section.nninteractive)
    return readNninteractive(config, { ...section, nninteractive: section.nninteractive }, read, reading);
  const { heads } = read.dataset;
  if (section.precision === 'fp16') findings.warn(HALF);
  const { canonical } = readers[read.plans.image_reader_writer];
  const load = resolve('transform', 'NnunetLoadd', { keys: [IMAGE], as_closest_canonical: canonical }, ['nnunet', 'pre', 0], reading); // prettier-ignore
  const members = membersOf(section);
  const isAlone = members.length === 1 && !section.first_stage;
  const pre = [load, isAlone ? prepareStep(read, reading) : undefined].filter((step) => step !== undefined);
  const keep = section.keep_largest;
  const post = keep.length > 0 ? resolve('transform', 'NnunetPostprocessd', { keys: [MASK], keep_largest: keep }, ['nnunet', 'keep_largest'], reading) : undefined; // prettier-ignore
  const inferer: ModelSpec['inference']['inferer'] = isAlone
    ? { kind: 'nnunet', ...networkOf(read, section) }
    : { kind: 'nnunet-ensemble', members: stages(members, models, reading) };
  const { description, version } = config;
  return {
    name,
    type: 'segmentation',
    ...readLabels(config.labels ?? Object.fromEntries(Object.entries(heads.names)), ['labels'], findings, 'background'),
    description: typeof description === 'string' ? description : describe(section, read),
    version: typeof version === 'string' || typeof version === 'number' ? String(version) : '1',
    dialect: 'nnunet',
    pre,
    cacheableSteps: cacheableSteps(pre, undefined, reading),
    inference: {
      inferer,
      inputs: [{ tensor: 'input', field: IMAGE }],
      outputs: [{ tensor: 'logits', field: MASK }],
    },
    post: [post ?? []].flat(),
    writer:
      config.writer === undefined
        ? { name: 'Writer', args: { image: MASK } }
        : readWriter(config.writer, ['writer'], reading),
    triton: isAlone ? tensorsOf({ ...networkOf(read, section), channels: read.channels }) : severalNetworks,
    info: {},
    about: aboutAll(members, models),
    warnings: findings.warnings,
  };
}

/** Undefined after a finding. */
function attempt(section: NnunetSection, findings: Findings): StageModel[] | undefined {
  const readStage = (stage: StageSection) => ({
    name: stage.configuration,
    read: readModel({ ...stage, dataset: section.dataset }),
  });
  try {
    const models = membersOf(section).map((member) => ({
      ...readStage(member),
      first_stage: member.first_stage && readStage(member.first_stage),
    }));
    checkTogether(models);
    for (const { read } of stagesOf<Pick<StageModel, 'name' | 'read'>>(models)) readNetwork(read.configuration);
    return models;
  } catch (error) {
    if (!(error instanceof PlansError)) throw error;
    findings.add(['nnunet'], undefined, 'plans that can be served', { message: `nnunet: ${error.message}` });
    return undefined;
  }
}

function stages(members: readonly MemberSection[], models: readonly StageModel[], reading: Reading) {
  let networks = 0;
  const stage = (section: StageSection, read: ReadModel) => ({
    ...networkOf(read, section),
    network: networks++,
    channels: read.channels,
    prepare: prepareStep(read, reading) ?? ({ name: '', args: {} } satisfies TransformStep),
  });
  return members.map((member, at) => {
    const { read, first_stage } = models[at];
    const first = first_stage && stage(member.first_stage!, first_stage.read);
    const cascade = first && { first, labels: read.dataset.heads.foreground, resampling: resamplingOf(read.configuration, 'seg') }; // prettier-ignore
    return { ...stage(member, read), ...(cascade && { cascade }) } satisfies NnunetNetwork;
  });
}

/** Facts of each network, those of one under its name where there are several. */
function aboutAll(members: readonly MemberSection[], models: readonly StageModel[]): string[] {
  const sections = stagesOf<StageSection>(members);
  const reads = stagesOf<Pick<StageModel, 'name' | 'read'>>(models);
  return sections.flatMap((section, at) => {
    const { read, name } = reads[at];
    const facts = aboutNnunet(section, { ...read, network: readNetwork(read.configuration) });
    return sections.length === 1 ? facts : facts.map((fact) => `${name}: ${fact}`);
  });
}

function describe(section: NnunetSection, { plans, dataset: { channels } }: ReadModel): string {
  const named = ({ configuration, first_stage: first }: MemberSection) =>
    first ? `${configuration} after ${first.configuration}` : configuration;
  const members = membersOf(section);
  const what = members.length > 1 ? `ensemble of ${members.map(named).join(' and ')}` : named(section);
  const inputs = channels.length > 1 ? ` of ${channels.join(', ')}` : '';
  const data = plans.dataset_name || 'a dataset';
  const { trainer, folds } = section;
  const kept = section.keep_largest.length > 0 ? '; smaller components removed as postprocessing.json says' : '';
  return `nnU-Net ${what}${inputs}, trained on ${data} (${trainer}, ${folds} fold${folds > 1 ? 's' : ''})${kept}`;
}

export const isNnunet = (config: Record<string, unknown>) => isRecord(config.nnunet);
