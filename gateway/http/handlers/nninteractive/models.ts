import type { Capabilities } from '../../../contract/interactive';
import type { ReadyModel } from '../../../deployment/catalog';
import { fail } from '../../../errors';
import type { Interaction, Prompt } from '../../../interaction';
import type { ModelSpec } from '../../../model-spec';
import type { RequestParams } from '../../../pipeline/job';
import { known, say } from '../../../sentence';
import type { Services } from '../../services';

/** A model of nnInteractive's form reads the interaction itself; one of clicks gets them as AIAA's clients send them. */
type Kind = 'clicks';

/** Transforms that read clicks. */
const CLICKS = /^AddGuidanceFromPoints/;

/** How a model takes prompts; undefined for one that takes none. */
export function kindOf({ type, pre, info }: ModelSpec): Kind | undefined {
  const takesClicks = pre.some(({ name }) => CLICKS.test(name)) || (type === 'pipeline' && info.deepgrow !== undefined);
  return takesClicks ? 'clicks' : undefined;
}

/** The model of a URL: the one it names, else the operator's, else the only one. @throws MODEL_NOT_FOUND, MODEL_NOT_READY, TRITON_UNAVAILABLE */
export function interactiveModel(named: string | undefined, { models, settings }: Services): ReadyModel {
  const wanted = named ?? settings.interactive_model;
  const takes = models.list().filter(({ state, spec }) => state === 'ready' && spec && kindOf(spec));
  const name = wanted ?? (takes.length === 1 ? takes[0].name : undefined);
  if (name === undefined) {
    const names = takes.map((model) => model.name).join(', ') || 'none';
    const how = 'End the server’s URL with /nninteractive/MODEL, or have the operator choose one with --interactive_model';
    throw fail('MODEL_NOT_FOUND', { model: 'default', known: `${how}. Models that take prompts: ${names}` });
  }
  const model = models.getReady(name);
  if (kindOf(model.spec)) return model;
  throw fail('BAD_PARAMS', { what: say`the model "${known(name)}" takes no prompts; interactive models are DeepGrow, DeepEdit and nnInteractive` });
} // prettier-ignore

export function capabilitiesOf(_spec: ModelSpec): Capabilities {
  return {
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
}

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

/** The clicks of an interaction as params of a click model: in the order of the file's axes. */
export function clickParams({ prompts }: Interaction): RequestParams {
  const points = prompts.flatMap((prompt) => (prompt.kind === 'point' ? [prompt] : []));
  const of = (positive: boolean) => points.filter((point) => point.positive === positive).map(({ at }) => at.toReversed());
  const last = points.at(-1)?.at.toReversed();
  return { foreground: of(true), background: of(false), ...(last && { current_point: [last] }) };
} // prettier-ignore
