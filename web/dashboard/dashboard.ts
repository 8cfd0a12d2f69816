import type { z } from 'zod';
import type { DashboardData, HistoryReport, Live, Tick } from '../../gateway/contract/dashboard';
import type { access } from '../../gateway/contract/server';
import { byId, mark, showFailure, showLoading, update } from '../dom';
import { startFrame } from '../frame/frame';
import { ask } from '../server/ask';
import { every } from '../server/every';
import { stream } from '../server/stream';
import { keepTimesFresh } from '../text';
import { showHeatMap } from './heat-map';
import { showJobs } from './jobs';
import { showLatency, startLatency } from './latency';
import { showFigures, showProblems, showServer } from './now';
import { showClients, showEndpoints, showErrors, showModels, showSlowest, showStages } from './tables';

const REFRESH_MS = 30_000;
/** Places that are filled from the history, with the rows to expect. */
const HISTORY = { latency: 8, endpoints: 4, stages: 4, slowest: 4, errors: 2, heat: 7, clients: 2 };
const LIVE = { figures: 1, problems: 2, jobs: 1, models: 2, server: 4 };

const span = byId<HTMLSelectElement>('span');
let history: HistoryReport | undefined;
let live: Live | undefined;
let asked = 0;

startFrame();
keepTimesFresh();
startLatency();
for (const [id, rows] of Object.entries({ ...HISTORY, ...LIVE })) showLoading(byId(id), rows);
void ask<z.infer<typeof access>>('v1/dashboard/access').then(
  ({ default_password: known, aiaa_defaults: open }) => {
    byId('open').hidden = !open;
    byId('default-password').hidden = !known;
  },
  () => undefined,
);
every(REFRESH_MS, refresh);
span.onchange = () => void refresh();
stream<Tick>(
  'v1/dashboard/events',
  'tick',
  ({ live: state, jobs }) => {
    showLive(state);
    showJobs(jobs);
  },
  (state) => {
    const lost = () => mark('bad', 'The connection is lost; it is tried again by itself.');
    update(byId('connection'), state === 'connected' ? mark('good', 'Live') : lost());
  },
);

async function refresh(): Promise<void> {
  const turn = ++asked;
  try {
    const data = await ask<DashboardData>(`v1/dashboard/data?hours=${span.value}`);
    // Another span was chosen meanwhile.
    if (turn !== asked) return;
    showLive(data.live);
    if (data.history_error !== undefined) throw new Error(data.history_error);
    history = data as HistoryReport;
    showHistory(history);
  } catch (error) {
    if (turn !== asked || history) return;
    for (const id of Object.keys(HISTORY)) showFailure(byId(id), error, () => void refresh());
  }
}

function showLive(state: Live): void {
  live = state;
  showFigures(state);
  showProblems(state.problems);
  showModels(state.models, history?.models ?? []);
  showServer(state);
}

function showHistory(one: HistoryReport): void {
  showLatency(one.series);
  showEndpoints(one.endpoints);
  if (live) showModels(live.models, one.models);
  showStages(one.stages);
  showSlowest(one.slowest);
  showErrors(one.errors);
  showHeatMap(one.heat, Date.parse(one.to));
  showClients(one.clients);
}
