import type { Capabilities } from '../../../contract/interactive';
import type { ReadyModel } from '../../../deployment/catalog';
import { fail } from '../../../errors';
import type { Interaction, Prompt } from '../../../interaction';
import { promptsOf, type ModelSpec } from '../../../model-spec';
import type { RequestParams } from '../../../pipeline/job';
import { known, say } from '../../../sentence';
import type { Services } from '../../services';

/** Between the model that answers prompts and the one that begins, and before the label of that: none of them is part of a model's name. */
const [BEGUN_BY, LABEL] = ['+', ':'];

/** A model that makes the initial mask of each image, and the label of it that counts. */
export interface BeginningModel {
  model: ReadyModel;
  label?: number;
}

export const modelsThatTakePrompts = (models: Services['models']) =>
  models.list().filter(({ state, spec }) => state === 'ready' && spec && promptsOf(spec));

/**
 * The model of a URL, without the one that begins: the one it names, else the operator's, else the only one.
 * @throws MODEL_NOT_FOUND, MODEL_NOT_READY, TRITON_UNAVAILABLE, BAD_PARAMS
 */
export function interactiveModel(named: string | undefined, { models, settings }: Services): ReadyModel {
  const wanted = (named ?? settings.interactive_model)?.split(BEGUN_BY, 1)[0];
  const takes = modelsThatTakePrompts(models);
  const name = wanted ?? (takes.length === 1 ? takes[0].name : undefined);
  if (name === undefined) {
    const names = takes.map((model) => model.name).join(', ') || 'none';
    const how = 'End the server’s URL with /nninteractive/MODEL, or have the operator choose one with --interactive_model';
    throw fail('MODEL_NOT_FOUND', { model: 'default', known: `${how}. Models that take prompts: ${names}` });
  }
  const model = models.getReady(name);
  if (promptsOf(model.spec)) return model;
  throw fail('BAD_PARAMS', { what: say`the model "${known(name)}" takes no prompts; interactive models are DeepGrow, DeepEdit and nnInteractive` });
} // prettier-ignore

/** The model that begins: `spleen` of `deepgrow+spleen`, its label `left` of `deepgrow+lungs:left`. @throws as {@link interactiveModel}, and BAD_PARAMS for a label that it has not */
export function beginningModel(name: string, { models }: Services): BeginningModel | undefined {
  const [, begins] = name.split(BEGUN_BY);
  if (begins === undefined) return undefined;
  const [of, label] = begins.split(LABEL);
  const model = models.getReady(of);
  if (label === undefined) return { model };
  const { labels } = model.spec;
  if (labels.includes(label)) return { model, label: labels.indexOf(label) + 1 };
  throw fail('BAD_PARAMS', { what: say`the model "${known(of)}" has no label "${label}"; it has ${known(labels.join(', ') || 'none')}` });
} // prettier-ignore

export function capabilitiesOf({ inference: { inferer }, info }: ModelSpec): Capabilities {
  if (inferer.kind === 'nninteractive') {
    const { previous, ...pairs } = inferer.channels;
    return {
      ...clicksAlone,
      supported_interactions: inferer.supported,
      channel_mapping: { prev_seg: previous, ...pairs },
      num_interaction_channels: inferer.promptChannels,
      supports_initial_label: inferer.initialMask,
      preferred_scribble_thickness: inferer.scribbleThickness,
      interaction_decay: inferer.decay,
      license: typeof info.license === 'string' ? info.license : null,
    };
  }
  return clicksAlone;
}

const clicksAlone: Capabilities = {
  supported_interactions: { points: true, scribble: false, lasso: false, bbox2d: false, bbox3d: false },
  channel_mapping: { prev_seg: 0, bbox2d: [1, 2], bbox3d: [1, 2], lasso: [1, 2], points: [3, 4], scribble: [5, 6] },
  num_interaction_channels: 7,
  supports_initial_label: true,
  supports_zero_shot_label_refinement: true,
  preferred_scribble_thickness: [2, 2, 2],
  interaction_decay: null,
  inference_session_version: '2.6.0',
  license: null,
  supports_undo: true,
  do_autozoom: true,
};

/** @throws BAD_PARAMS for a prompt that the model does not take */
export function checkPrompt(spec: ModelSpec, prompt: Prompt): void {
  const { supported_interactions: takes } = capabilitiesOf(spec);
  const isFlat = prompt.kind === 'box' && prompt.box.some(([first, end]) => end - first === 1);
  const kind = { point: 'points', box: isFlat ? 'bbox2d' : 'bbox3d', scribble: 'scribble', lasso: 'lasso' } as const;
  const name = kind[prompt.kind];
  if (takes[name]) return;
  const all = Object.entries(takes).flatMap(([one, taken]) => (taken ? [one] : []));
  throw fail('BAD_PARAMS', { what: say`the model "${known(spec.name)}" does not take ${known(name)}; it takes ${known(all.join(', '))}` });
} // prettier-ignore

/** @throws BAD_PARAMS for a model that cannot begin with a mask */
export function checkInitial(spec: ModelSpec): void {
  if (capabilitiesOf(spec).supports_initial_label) return;
  throw fail('BAD_PARAMS', { what: say`the model "${known(spec.name)}" cannot begin with a mask: start from an empty segment, or choose another model` });
} // prettier-ignore

/** The slice of the first axis that a model answers, if it answers one: that of the last click. */
export function slicesOf({ info }: ModelSpec, { prompts }: Interaction): { slice?: number } {
  const last = prompts.at(-1);
  return last?.kind === 'point' && String(info.deepgrow).toUpperCase() === '2D' ? { slice: last.at[0] } : {};
}

/** The clicks of an interaction as params of a click model: in the order of the file's axes. @param wanted false for what the user does not want */
export function clickParams({ prompts }: Interaction, wanted = true): RequestParams {
  const points = prompts.flatMap((prompt) => (prompt.kind === 'point' ? [prompt] : []));
  const of = (positive: boolean) => points.filter((point) => point.positive === positive).map(({ at }) => at.toReversed());
  const last = points.at(-1)?.at.toReversed();
  return { foreground: of(wanted), background: of(!wanted), ...(last && { current_point: [last] }) };
} // prettier-ignore
