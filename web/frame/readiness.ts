import { element, update } from '../element';
import { ask } from '../live/ask';
import { every } from '../live/every';

/** What `GET /health/ready` says. */
export interface Readiness {
  ready: boolean;
  triton: {
    url: string;
    live: boolean;
    shared_memory: { expected: boolean; used: boolean | null; reason: string; remedy?: string };
  };
  models: { name: string; state: 'loading' | 'ready' | 'failed'; reason?: string }[];
}

const REFRESH_MS = 10_000;
const listeners: ((state: Readiness | undefined) => void)[] = [];

/** Calls `show` with what the server says of itself, again and again; with nothing while it does not answer. */
export function watchReadiness(show: (state: Readiness | undefined) => void): void {
  listeners.push(show);
  if (listeners.length === 1) every(REFRESH_MS, refresh);
}

async function refresh(): Promise<void> {
  // 503 has the same body: not ready is an answer too.
  const state = await ask<Readiness>('health/ready', { accepted: [503] }).catch(() => undefined);
  for (const show of listeners) show(state);
}

/** One line: gateway, Triton, models. */
export function showReadiness(line: HTMLElement, state: Readiness | undefined): void {
  update(
    line,
    state
      ? marksOf(state)
      : [mark('bad', `The server does not answer. It is asked again every ${REFRESH_MS / 1000} s.`)],
  );
}

function marksOf({ triton, models }: Readiness): Node[] {
  const count = (state: string) => models.filter((model) => model.state === state).length;
  const failed = count('failed');
  const loading = count('loading');
  return [
    mark('good', 'Gateway is up'),
    triton.live ? mark('good', 'Triton answers') : mark('bad', 'Triton does not answer'),
    element('span', {}, models.length ? `${count('ready')} of ${models.length} models ready` : 'No model yet'),
    ...(loading ? [mark('busy', `${loading} loading`)] : []),
    ...(failed ? [mark('bad', `${failed} failed`)] : []),
  ];
}

/** A word of state with its shape and colour. */
export function mark(kind: 'good' | 'busy' | 'bad', text: string): HTMLElement {
  return element('span', { className: `mark ${kind}` }, text);
}
