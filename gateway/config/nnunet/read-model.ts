import { readDataset, type Dataset } from './dataset';
import { PlansError, readConfiguration, readers, readPlans, type Configuration, type Plans } from './plans';
import type { StageSection } from './section';

/** A trained configuration. */
export interface ReadModel {
  plans: Plans;
  configuration: Configuration;
  dataset: Dataset;
  /** Channels of the network's input: those of the image, and for the second stage of a cascade one per label. */
  channels: number;
}

/** Plans and dataset of a model, checked against each other. @throws PlansError */
export function readModel(given: Pick<StageSection, 'plans' | 'configuration'> & { dataset: unknown }): ReadModel {
  const plans = readPlans(given.plans);
  const configuration = readConfiguration(plans, given.configuration);
  const dataset = readDataset(given.dataset);
  const schemes = configuration.normalization_schemes.length;
  if (dataset.channels.length !== schemes)
    throw new PlansError(`dataset.json has ${dataset.channels.length} channels and plans.json normalization schemes of ${schemes}`);
  const ofLabels = configuration.previous_stage ? dataset.heads.foreground.length : 0;
  if (configuration.previous_stage && configuration.patch_size.length !== 3)
    throw new PlansError(`the configuration "${given.configuration}" is the second stage of a cascade and has a patch of two axes; served are those of three`);
  return { plans, configuration, dataset, channels: schemes + ofLabels };
} // prettier-ignore

/** A network with what its folder says, and the first stage that was found for it. */
export interface StageModel {
  name: string;
  read: ReadModel;
  first_stage?: Pick<StageModel, 'name' | 'read'>;
}

/** Refuses networks that nnU-Net would not run together. @throws PlansError */
export function checkTogether(members: readonly StageModel[]): void {
  for (const { name, read, first_stage: first } of members) {
    const wanted = read.configuration.previous_stage;
    if (wanted && first?.name !== wanted)
      throw new PlansError(`the configuration "${name}" is the second stage of a cascade, and its first stage "${wanted}" is ${first ? `not "${first.name}"` : 'missing'}; send the folders of both in one archive`);
    if (!wanted && first) throw new PlansError(`the configuration "${name}" is no second stage of a cascade, so that "${first.name}" cannot come before it`);
    if (first?.read.configuration.previous_stage) throw new PlansError(`the first stage "${first.name}" is a second stage itself`);
    if (first) checkPair(name, read, first.name, first.read);
  }
  const [{ name, read }, ...others] = members;
  for (const other of others) {
    checkPair(name, read, other.name, other.read);
    if (other.read.plans.transpose_forward.join() !== read.plans.transpose_forward.join())
      throw new PlansError(`the parts of the ensemble turn their axes differently: transpose_forward is [${read.plans.transpose_forward.join(', ')}] for "${name}" and [${other.read.plans.transpose_forward.join(', ')}] for "${other.name}"`);
  }
} // prettier-ignore

/** The same image goes into both, and their labels mean the same. */
function checkPair(name: string, one: ReadModel, otherName: string, other: ReadModel): void {
  const refuse = (what: string, a: unknown, b: unknown) => {
    throw new PlansError(`"${name}" and "${otherName}" do not belong together: ${what} ${JSON.stringify(a)} for one and ${JSON.stringify(b)} for the other`);
  };
  const compare = (what: string, a: unknown, b: unknown) => void (JSON.stringify(a) === JSON.stringify(b) || refuse(what, a, b));
  compare('the channels are', one.dataset.channels, other.dataset.channels);
  compare('the labels are', one.dataset.heads.names, other.dataset.heads.names);
  compare('regions_class_order is', one.dataset.heads.regions ?? null, other.dataset.heads.regions ?? null);
  compare('the number of heads is', one.dataset.heads.count, other.dataset.heads.count);
  const [a, b] = [one, other].map(({ plans }) => readers[plans.image_reader_writer].canonical);
  if (a !== b) refuse('image_reader_writer is', one.plans.image_reader_writer, other.plans.image_reader_writer);
} // prettier-ignore
