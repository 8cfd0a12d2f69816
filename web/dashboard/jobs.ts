import type { Job } from '../../gateway/contract/jobs';
import { button, byId, h, mark } from '../dom';
import { send, sentenceOf } from '../server/ask';
import { duration } from '../text';
import { modelOrEndpoint, requestLink, tableIn } from './tables';

/** Ended jobs that stay in the list for a while, so that one sees how it ended. */
const ENDED_SHOWN = 5;

let jobs: readonly Job[] = [];
/** The job whose cancelling is asked for. */
let doubtful: string | undefined;
const cancelling = new Set<string>();

const show = tableIn<Job>({
  id: 'jobs',
  empty: ['No job is running.', 'Each inference is one while it lasts.'],
  label: 'Jobs: those under way, then the last that ended',
  key: ({ id }) => id,
  columns: [
    { name: 'State', cell: stateOf },
    { name: 'Progress', cell: progressOf },
    { name: 'Model', cell: modelOrEndpoint },
    { name: 'Client', cell: ({ client }) => client },
    { name: 'Waited', numeric: true, cell: ({ queued_ms: ms }) => duration(ms) },
    { name: 'Running', numeric: true, cell: ({ running_ms: ms }) => duration(ms) },
    { name: 'Request', cell: ({ id }) => requestLink(id) },
    { name: '', cell: buttonsOf },
  ],
});

/** Jobs under way with a button to cancel each, and the last that ended. */
export function showJobs(list: readonly Job[]): void {
  jobs = list;
  const active = list.filter(isActive);
  for (const id of cancelling) if (!active.some((job) => job.id === id)) cancelling.delete(id);
  show([...active, ...list.filter((job) => !isActive(job)).slice(0, ENDED_SHOWN)]);
}

const isActive = ({ state }: Job) => state === 'queued' || state === 'running';

function stateOf({ state, position, error }: Job): HTMLElement {
  if (state === 'queued') return mark('busy', position ? `queued, place ${position}` : 'arriving');
  if (state === 'running') return mark('good', 'running');
  if (state === 'failed') return h('span', { title: error?.message }, mark('bad', `failed ${error?.code ?? ''}`));
  return h('span.quiet', state);
}

function progressOf(job: Job): HTMLElement {
  const { id, state, progress, stage, windows } = job;
  const part = `${Math.round(progress * 100)} %`;
  if (!isActive(job)) return h('span.quiet', state === 'done' ? '100 %' : `at ${part}`);
  const inNetwork = windows && (stage === 'window' || stage === 'triton');
  const words = [stage ?? '', inNetwork ? `${windows.done} of ${windows.total} windows` : ''].filter(Boolean);
  const bar = h('progress', { max: 1, value: progress, ariaLabel: `Progress of ${id}` });
  return h('span.progress', bar, ` ${part} ${cancelling.has(id) ? 'is being cancelled' : words.join(', ')}`);
}

/** Asks once before it cancels. */
function buttonsOf(job: Job): HTMLElement {
  const { id } = job;
  if (!isActive(job) || cancelling.has(id)) return h('span');
  const one = (name: string, act: () => void, className = 'small') => {
    const made = button(name, act, { className, ariaLabel: `${name} job ${id}` });
    made.dataset.job = id;
    return made;
  };
  if (doubtful !== id) return h('span', one('Cancel', () => ask(id))); // prettier-ignore
  return h('span.buttons', one('Yes, cancel', () => void cancel(id), 'small danger'), one('Keep', () => ask(undefined))); // prettier-ignore
}

function ask(id: string | undefined): void {
  const before = doubtful;
  doubtful = id;
  showJobs(jobs);
  const buttons = [...byId('jobs').querySelectorAll<HTMLButtonElement>('button[data-job]')];
  buttons.find(({ dataset }) => dataset.job === (id ?? before))?.focus();
}

async function cancel(id: string): Promise<void> {
  doubtful = undefined;
  cancelling.add(id);
  showJobs(jobs);
  const message = byId('job-message');
  try {
    await send(`v1/jobs/${encodeURIComponent(id)}`, { method: 'DELETE' });
    message.textContent = `Job ${id} is being cancelled.`;
  } catch (error) {
    cancelling.delete(id);
    message.replaceChildren(mark('bad', sentenceOf(error)));
    showJobs(jobs);
  }
}
