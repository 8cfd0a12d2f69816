import type { Readiness } from '../../gateway/contract/models';
import { h, mark, update } from '../dom';
import { ask } from '../server/ask';
import { every } from '../server/every';

const REFRESH_MS = 10_000;
const listeners: ((state: Readiness | undefined) => void)[] = [];

/** Calls `show` with what the server says of itself, again and again; with nothing while it does not answer. */
export function watchReadiness(show: (state: Readiness | undefined) => void): void {
  listeners.push(show);
  if (listeners.length > 1) return;
  every(REFRESH_MS, async () => {
    // 503 has the same body: not ready is an answer too.
    const state = await ask<Readiness>('health/ready', { accepted: [503] }).catch(() => undefined);
    for (const show of listeners) show(state);
  });
}

/** Keeps one line up to date: gateway, Triton, models. */
export function showReadiness(line: HTMLElement): void {
  watchReadiness((state) => {
    const away = () => mark('bad', `The server does not answer. It is asked again every ${REFRESH_MS / 1000} s.`);
    update(line, ...(state ? marksOf(state) : [away()]));
  });
}

function marksOf({ triton, models }: Readiness): (Node | undefined)[] {
  const count = (state: string) => models.filter((model) => model.state === state).length;
  const [ready, failed, loading] = ['ready', 'failed', 'loading'].map(count);
  return [
    mark('good', 'Gateway is up'),
    triton.live ? mark('good', 'Triton answers') : mark('bad', 'Triton does not answer'),
    h('span', models.length ? `${ready} of ${models.length} models ready` : 'No model yet'),
    loading ? mark('busy', `${loading} loading`) : undefined,
    failed ? mark('bad', `${failed} failed`) : undefined,
  ];
}
