import type { ConfigProblem, DryRun, Examined, Published, StoredModel } from '../../gateway/contract/models';
import { byId, h, mark } from '../dom';
import { AskError, sentenceOf, type AskOptions } from '../server/ask';
import { duration } from '../text';

/** Loading a large model may take this long; the server's own deadline is shorter. */
export const PUBLISH_WITHIN_MS = 1_500_000;

export const modelPath = (name: string) => `admin/model/${encodeURIComponent(name)}`;

/** Options of a call with a JSON body. */
export function json(method: 'PUT' | 'PATCH', body: unknown): AskOptions {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { method, body: text, headers: { 'Content-Type': 'application/json' } };
}

/** Findings of a row of the list, the worst first. */
export function findingsOf({ state, reason, warnings = [] }: StoredModel): { kind: 'bad' | 'busy'; text: string }[] {
  const failed = (state === 'failed' || state === 'damaged') && reason ? [{ kind: 'bad' as const, text: reason }] : [];
  return [...failed, ...[...new Set(warnings)].map((text) => ({ kind: 'busy' as const, text }))];
}

export interface OutcomeOptions {
  /** Id of the place that says it. */
  id: string;
  /** Sentence while it happens. */
  what?: string;
  /** Stands in front of what came of it. */
  head?: Node;
  /** Whether the page still shows the same model. @default always */
  isShown?: () => boolean;
}

/** Shows what comes of changing or examining a model. @returns whether it went well */
export async function showOutcome(
  { id, what = '', head, isShown = () => true }: OutcomeOptions,
  work: () => Promise<Published | Examined>,
): Promise<boolean> {
  const say = (...children: (Node | string)[]) => isShown() && byId(id).replaceChildren(...children);
  say(what);
  try {
    say(head ?? '', ...outcome(await work()));
    return true;
  } catch (error) {
    if ((error as Error).name === 'AbortError') say('The upload was ended.');
    else say(mark('bad', adminSentence(error)), problemList(problemsOf(error)));
    return false;
  }
}

function outcome({ triton, warnings, about = [], dry_run: trial, ...more }: Published | Examined): (Node | string)[] {
  const errors = 'errors' in more ? more.errors : [];
  const serves = `Version ${triton.version} serves${triton.platform ? ` (${triton.platform})` : ''}.`;
  const marks = [
    ...errors.map((text) => mark('bad', text)),
    ...[...new Set(warnings)].map((text) => mark('busy', text)),
  ];
  return [
    errors.length === 0 ? mark('good', serves) : mark('bad', 'It cannot work.'),
    ...(trial ? [h('p.quiet', trialSentence(trial))] : []),
    ...(about.length > 0 ? [sentenceList(about.map((fact) => h('span.quiet', fact)))] : []),
    sentenceList(marks),
  ];
}

function trialSentence({ inputs, outputs, firstMs, secondMs, tensorsMb }: DryRun): string {
  const times = `${duration(firstMs)} the first time, ${duration(secondMs)} the second`;
  return `A trial run on zeros: ${inputs.join(', ')} gave ${outputs.join(', ')} in ${times}, with ${tensorsMb} MB of tensors.`;
}

/** A sentence for people, also where the server may not be told apart from its guard. */
export function adminSentence(error: unknown): string {
  if (error instanceof AskError && error.status === 401)
    return 'This page asks for the user and the password of the administrator: try again and enter them.';
  return sentenceOf(error);
}

/** All that is wrong with the config that was sent, or none when the error is about something else. */
function problemsOf(error: unknown): ConfigProblem[] {
  const findings = error instanceof AskError ? error.details.findings : undefined;
  return Array.isArray(findings) ? (findings as ConfigProblem[]) : [];
}

/** Sentences about a config, each with its place. */
export function problemList(problems: readonly ConfigProblem[]): HTMLElement {
  return sentenceList(problems.map(({ message }) => mark('bad', message)));
}

export function sentenceList(sentences: readonly Node[]): HTMLElement {
  return h('ul.findings', ...sentences.map((sentence) => h('li', sentence)));
}
