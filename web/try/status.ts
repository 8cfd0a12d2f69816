import { byId, element } from '../element';
import { mark } from '../frame/readiness';
import type { JobProgress } from './run';

/** What happens now, in one line; a bar with it where it is known how far. @param fraction 0 to 1 */
export function showStep(what: string, fraction?: number): void {
  const bar = byId<HTMLProgressElement>('progress');
  bar.hidden = false;
  if (fraction === undefined) bar.removeAttribute('value');
  else bar.value = fraction;
  byId('status').textContent = what;
}

/** Nothing happens any more. */
export function showRest(sentence = ''): void {
  byId('progress').hidden = true;
  byId('status').textContent = sentence;
}

export function showProblem(error: unknown): void {
  byId('progress').hidden = true;
  const sentence = error instanceof Error ? error.message : String(error);
  byId('status').replaceChildren(element('span', { className: 'mark bad' }, sentence));
}

export function showDone(sentence: string): void {
  byId('progress').hidden = true;
  byId('status').replaceChildren(mark('good', sentence));
}

/** What the server says beside the image and the mask, above them. */
export function showWarnings(sentences: readonly string[]): void {
  const list = byId('warnings');
  list.hidden = sentences.length === 0;
  list.replaceChildren(...sentences.map((sentence) => element('li', {}, mark('busy', sentence))));
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
export function jobSentence({ state, stage, windows, position }: JobProgress): string {
  if (state === 'queued' && position !== null) return `Waiting: place ${position} in the queue …`;
  const what = stages[stage ?? ''] ?? 'Starting';
  return windows && what === 'Computing' ? `${what}: ${windows.done} of ${windows.total} windows …` : `${what} …`;
}
