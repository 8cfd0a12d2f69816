import { element } from '../element';
import { mark } from '../frame/readiness';
import { duration } from '../text/numbers';
import type { ConfigProblem, DryRun, Published, StoredModel } from './stored-model';

/** Findings of a row of the list, the worst first. */
export function findingsOf({ state, reason, warnings = [] }: StoredModel): { kind: 'bad' | 'busy'; text: string }[] {
  const failed = state === 'failed' && reason ? [{ kind: 'bad' as const, text: reason }] : [];
  return [...failed, ...[...new Set(warnings)].map((text) => ({ kind: 'busy' as const, text }))];
}

/** What an upload, a roll back or an examination found. */
export function outcome({ triton, warnings, errors = [], dry_run: dryRun }: Published): Node[] {
  const serves = `Version ${triton.version} serves${triton.platform ? ` (${triton.platform})` : ''}.`;
  return [
    errors.length === 0 ? mark('good', serves) : mark('bad', 'It cannot work.'),
    ...(dryRun ? [element('p', { className: 'quiet' }, trialSentence(dryRun))] : []),
    sentenceList([
      ...errors.map((text) => mark('bad', text)),
      ...[...new Set(warnings)].map((text) => mark('busy', text)),
    ]),
  ];
}

function trialSentence({ inputs, outputs, firstMs, secondMs, tensorsMb }: DryRun): string {
  const times = `${duration(firstMs)} the first time, ${duration(secondMs)} the second`;
  return `A trial run on zeros: ${inputs.join(', ')} gave ${outputs.join(', ')} in ${times}, with ${tensorsMb} MB of tensors.`;
}

/** What is wrong with a config, each with its place. */
export function problemList(problems: readonly ConfigProblem[]): HTMLElement {
  return sentenceList(problems.map(({ message }) => mark('bad', message)));
}

export function sentenceList(sentences: readonly Node[]): HTMLElement {
  return element('ul', { className: 'findings' }, ...sentences.map((sentence) => element('li', {}, sentence)));
}
