import { byId, element } from '../element';
import { mark } from '../frame/readiness';
import { send } from '../live/ask';
import { duration } from '../text/numbers';
import type { Job } from './data';
import { tableIn } from './place';
import { requestLink } from './request-link';

/** Ended jobs that stay in the list for a while, so that one sees how it ended. */
const ENDED_SHOWN = 5;

let jobs: readonly Job[] = [];
/** The job whose cancelling is asked for. */
let doubtful: string | undefined;
const cancelling = new Set<string>();

const show = tableIn<Job>(
  'jobs',
  {
    label: 'Jobs: those under way, then the last that ended',
    key: ({ id }) => id,
    columns: [
      { name: 'State', cell: stateOf },
      { name: 'Progress', cell: progressOf },
      {
        name: 'Model',
        cell: ({ model, endpoint }) => element('span', { className: 'mono', title: endpoint }, model ?? endpoint),
      },
      { name: 'Client', cell: ({ client }) => client },
      { name: 'Waited', numeric: true, cell: ({ queued_ms: ms }) => duration(ms) },
      { name: 'Running', numeric: true, cell: ({ running_ms: ms }) => duration(ms) },
      { name: 'Request', cell: ({ id }) => requestLink(id) },
      { name: '', cell: buttonsOf },
    ],
  },
  ['No job is running.', 'Each inference is one while it lasts.'],
);

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
  if (state === 'failed')
    return element('span', { title: error?.message ?? '' }, mark('bad', `failed ${error?.code ?? ''}`));
  return element('span', { className: 'quiet' }, state);
}

function progressOf({ id, state, progress, stage, windows }: Job): HTMLElement {
  const active = state === 'queued' || state === 'running';
  const words = cancelling.has(id) ? 'is being cancelled' : stageWords(stage, windows);
  if (!active)
    return element('span', { className: 'quiet' }, state === 'done' ? '100 %' : `at ${Math.round(progress * 100)} %`);
  const bar = element('progress', { max: 1, value: progress, ariaLabel: `Progress of ${id}` });
  return element('span', { className: 'progress' }, bar, ` ${Math.round(progress * 100)} % ${words}`);
}

function stageWords(stage: string | null, windows: Job['windows']): string {
  const inNetwork = windows && (stage === 'window' || stage === 'triton');
  return [stage ?? '', inNetwork ? `${windows.done} of ${windows.total} windows` : ''].filter(Boolean).join(', ');
}

/** Asks once before it cancels. */
function buttonsOf(job: Job): HTMLElement {
  const { id } = job;
  if (!isActive(job) || cancelling.has(id)) return element('span');
  if (doubtful !== id)
    return element(
      'span',
      {},
      button('Cancel', id, () => ask(id)),
    );
  return element(
    'span',
    { className: 'buttons' },
    button('Yes, cancel', id, () => void cancel(id), 'small danger'),
    button('Keep', id, () => ask(undefined)),
  );
}

function button(name: string, id: string, act: () => void, className = 'small'): HTMLButtonElement {
  const one = element('button', { type: 'button', className, ariaLabel: `${name} job ${id}` }, name);
  one.dataset.job = id;
  one.addEventListener('click', act);
  return one;
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
    message.replaceChildren(mark('bad', (error as Error).message));
    showJobs(jobs);
  }
}
