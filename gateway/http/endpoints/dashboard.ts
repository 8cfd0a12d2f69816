import { dashboardData, tick } from '../../contract/dashboard';
import { dashboardQuery } from '../../contract/queries';
import { access } from '../../contract/server';
import { messageOf } from '../../errors';
import { group, json, text, type Endpoint } from '../endpoint';
import { openEventStream } from '../handlers/event-stream';
import { fileErrors, sendPage } from '../handlers/pages';

const TICK_MS = 2000;

const { get } = group({ access: 'operators', realm: 'dashboard', origins: 'named', tag: 'dashboard' });

export const dashboardEndpoints: readonly Endpoint[] = [
  get('/v1/dashboard', 'Page of the dashboard', {
    answer: text('The page.', 'text/html'),
    errors: fileErrors,
    curl: '-u admin:PASSWORD "$SERVER/v1/dashboard/"',
    handler: (call, services) => sendPage(call, services, 'dashboard'),
  }),
  get('/v1/dashboard/access', 'How open this server is', {
    answer: json('What `--aiaa_defaults` opened.', access),
    handler: async ({ response }, { users, settings }) => {
      response.json({ default_password: await users.isDefault(), aiaa_defaults: settings.aiaa_defaults });
    },
  }),
  get('/v1/dashboard/data', 'History of requests, and the server as it is now', {
    polled: true,
    description:
      'Percentiles are exact, over all requests of their line. Not in the history: health, metrics, the log, files of pages, `GET /v1/jobs` and the dashboard itself.',
    query: dashboardQuery,
    answer: json('All of it.', dashboardData),
    curl: '-u admin:PASSWORD "$SERVER/v1/dashboard/data?hours=24"',
    handler: async ({ response, query: { hours } }, { history, live }) => {
      const report = history.report(hours).catch((error: unknown) => ({ history_error: messageOf(error) }));
      response.setHeader('Cache-Control', 'no-store');
      response.json({ hours, ...(await report), live: await live.now() });
    },
  }),
  get('/v1/dashboard/events', 'The server as it is now, every two seconds', {
    polled: true,
    description: 'Events `tick` with `{"live", "jobs"}`.',
    answer: { description: 'Server-sent events.', content: { 'text/event-stream': tick } },
    curl: '-N -u admin:PASSWORD "$SERVER/v1/dashboard/events"',
    handler: async ({ response }, { live, jobs }) => {
      const stream = openEventStream(response);
      const send = async () => {
        const state = await live.now();
        if (!stream.ended.aborted) stream.send('tick', { live: state, jobs: jobs.list() });
      };
      const timer = setInterval(() => void send(), TICK_MS);
      stream.ended.addEventListener('abort', () => clearInterval(timer));
      await send();
    },
  }),
];
