import type { ModelSpec, PackCleaning, PackPart } from '../../../model-spec';
import { fail } from '../../../errors';
import { known, say } from '../../../sentence';
import { bestMatches } from '../../../transforms/names';
import { RequestError, type Json, type RequestParams } from '../../../transforms/sample';
import type { Job } from '../../job';

/** A part of a pack, ready to run. */
export interface ReadyPart {
  job: Job;
  /** The pack's value of each value of the part; 0 for what is left out. */
  table: Uint16Array;
}

/** @throws MODEL_NOT_READY where it is not a model of nnU-Net, or has labels that the pack does not */
export function readyPart(job: Job, { model, labels: given }: PackPart, labels: readonly string[]): ReadyPart {
  const notReady = (what: string) => fail('MODEL_NOT_READY', { model: job.spec.name, what });
  const related = job.related![model];
  if (related.spec.inference.inferer.kind !== 'nnunet')
    throw notReady(`its part "${model}" is a ${related.spec.type} model that was not uploaded as a results folder of nnU-Net`);
  const own = related.spec.labels;
  if (given && given.length < own.length)
    throw notReady(`the config names ${given.length} labels of its part "${model}", which has ${own.length}; write null for those to be left out`);
  const names = given ?? own;
  const missing = names.filter((name) => name !== null && !labels.includes(name));
  if (missing.length > 0)
    throw notReady(`its part "${model}" has labels that the pack does not have: ${missing.slice(0, 5).join(', ')}; name them in the part's "labels", null for those to be left out`);
  const table = Uint16Array.from([0, ...names.map((name) => (name === null ? 0 : labels.indexOf(name) + 1))]);
  return { job: { ...job, ...related }, table };
} // prettier-ignore

/** The parts that have one of these labels; all without. */
export function partsWith(parts: readonly ReadyPart[], values: readonly number[] | undefined): ReadyPart[] {
  return parts.filter(({ table }) => values === undefined || table.some((value) => values.includes(value)));
}

/** `params.roi_subset`: the labels that are wanted, as values; undefined for all. @throws RequestError naming those most like an unknown one */
export function wantedLabels(params: RequestParams, { labels }: Pick<ModelSpec, 'labels'>): number[] | undefined {
  const given = params.roi_subset;
  const list = typeof given === 'string' ? given.split(/[\s,]+/).filter((name) => name !== '') : given;
  if (list === undefined || list === null) return undefined;
  if (!Array.isArray(list) || list.length === 0 || !list.every((name): name is string => typeof name === 'string'))
    throw new RequestError(say`params.roi_subset is ${shown(given)}; expected a list of names of labels, such as ${known(JSON.stringify(labels.slice(0, 2)))}`);
  return list.map((name) => {
    const at = labels.indexOf(name);
    if (at >= 0) return at + 1;
    const near = bestMatches(name, labels);
    const hint = near.length > 0 ? `did you mean ${near.join(' or ')}?` : `it has ${labels.length} labels, such as ${labels.slice(0, 3).join(', ')}`;
    throw new RequestError(say`params.roi_subset names ${shown(name)}, which is not a label of this model; ${known(hint)}`);
  });
} // prettier-ignore

/** mm³ up to which a component is removed where the request says so: 200 for `true`, as TotalSegmentator's `--remove_small_blobs`. @throws RequestError */
export function smallBlobs({ remove_small_blobs: given }: RequestParams): PackCleaning[] {
  if (given === undefined || given === null || given === false) return [];
  if (given === true) return [{ atMost: 200 }];
  if (typeof given === 'number' && given > 0) return [{ atMost: given }];
  throw new RequestError(say`params.remove_small_blobs is ${shown(given)}; expected true, false or a number of mm³ above 0`);
} // prettier-ignore

const shown = (value: Json) => JSON.stringify(value).slice(0, 80);
