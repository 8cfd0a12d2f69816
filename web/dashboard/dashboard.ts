import { byId } from '../element';
import { startFrame } from '../frame/frame';
import { mark } from '../frame/readiness';
import { update } from '../element';
import { ask } from '../live/ask';
import { every } from '../live/every';
import { stream } from '../live/stream';
import { showFailure, showLoading } from '../states/states';
import { keepTimesFresh } from '../text/times';
import { showClients } from './clients';
import type { DashboardData, History, Live, Tick } from './data';
import { showEndpoints } from './endpoints';
import { showErrors } from './errors';
import { showFigures } from './figures';
import { showHeatMap } from './heat-map';
import { showJobs } from './jobs';
import { showLatency, startLatency } from './latency';
import { showModels } from './models';
import { showProblems } from './problems';
import { showServer } from './server';
import { showSlowest } from './slowest';
import { showStages } from './stage-profile';

const REFRESH_MS = 30_000;
/** Places that are filled from the history, with the rows to expect. */
const HISTORY = { latency: 8, endpoints: 4, stages: 4, slowest: 4, errors: 2, heat: 7, clients: 2 };
const LIVE = { figures: 1, problems: 2, jobs: 1, models: 2, server: 4 };

const span = byId<HTMLSelectElement>('span');
let history: History | undefined;
let live: Live | undefined;
let asked = 0;

startFrame();
keepTimesFresh();
startLatency();
for (const [id, rows] of Object.entries({ ...HISTORY, ...LIVE })) showLoading(byId(id), rows);
void warnOfPassword();
every(REFRESH_MS, refresh);
span.addEventListener('change', () => void refresh());
stream('v1/dashboard/events', {
  on: {
    tick: (tick: Tick) => {
      showLive(tick.live);
      showJobs(tick.jobs);
    },
  },
  onState: (state) =>
    update(byId('connection'), [
      state === 'connected'
        ? mark('good', 'Live')
        : mark('bad', 'The connection is lost; it is tried again by itself.'),
    ]),
});

async function refresh(): Promise<void> {
  const turn = ++asked;
  try {
    const data = await ask<DashboardData>(`v1/dashboard/data?hours=${span.value}`);
    // Another span was chosen meanwhile.
    if (turn !== asked) return;
    showLive(data.live);
    if (data.history_error !== undefined) throw new Error(data.history_error);
    history = data as History;
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

function showHistory(one: History): void {
  showLatency(one.series);
  showEndpoints(one.endpoints);
  if (live) showModels(live.models, one.models);
  showStages(one.stages);
  showSlowest(one.slowest);
  showErrors(one.errors);
  showHeatMap(one.heat, Date.parse(one.to));
  showClients(one.clients);
}

async function warnOfPassword(): Promise<void> {
  const { default_password: known } = await ask<{ default_password: boolean }>('v1/dashboard/access').catch(() => ({
    default_password: false,
  }));
  byId('default-password').hidden = !known;
}
