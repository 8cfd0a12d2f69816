import type { Job } from '../../gateway/contract/jobs';
import { byId, h, mark } from '../dom';
import { sentenceOf } from '../server/ask';

/** The step under way in one line, with a bar where its progress is known. @param fraction 0 to 1 */
export function showStep(what: string, fraction?: number): void {
  const bar = byId<HTMLProgressElement>('progress');
  if (fraction === undefined) bar.removeAttribute('value');
  else bar.value = fraction;
  bar.hidden = false;
  byId('status').textContent = what;
}

/** Nothing happens any more. */
export function showRest(sentence: Node | string = ''): void {
  byId('progress').hidden = true;
  byId('status').replaceChildren(sentence);
}

export function showProblem(error: unknown): void {
  showRest(mark('bad', sentenceOf(error)));
}

/** Sentences of the server about the image and the mask, above them. */
export function showWarnings(sentences: readonly string[]): void {
  const list = byId('warnings');
  list.hidden = sentences.length === 0;
  list.replaceChildren(...sentences.map((sentence) => h('li', mark('busy', sentence))));
}

const stages: Record<string, string> = {
  upload: 'Sending the request',
  decode: 'Reading the image',
  cache: 'Taking the prepared image',
  pre: 'Preparing the image',
  window: 'Computing',
  triton: 'Computing',
  seeds: 'Finding the slices',
  post: 'Finishing the mask',
  write: 'Writing the mask',
  answer: 'Fetching the mask',
};

/** A job as a sentence. */
export function jobSentence({ state, stage, windows, position }: Job): string {
  if (state === 'queued' && position !== null) return `Waiting: place ${position} in the queue …`;
  const what = stages[stage ?? ''] ?? 'Starting';
  return windows && what === 'Computing' ? `${what}: ${windows.done} of ${windows.total} windows …` : `${what} …`;
}
