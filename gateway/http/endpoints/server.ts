import { z } from 'zod';
import { modelEntry, readiness } from '../../contract/models';
import { logsQuery, modelsQuery, tritonMetricsQuery } from '../../contract/queries';
import { logLine } from '../../contract/server';
import { sample } from '../../contract/sessions';
import { readyErrors } from '../../deployment/error-codes';
import { whyNoMetrics } from '../../telemetry/triton-metrics';
import { file, group, json, text, type Endpoint } from '../endpoint';
import { answerLogs } from '../handlers/logs';
import { findModels, readinessOf, startText } from '../handlers/list-models';
import { fileErrors, findSamples, sendAsset, sendPage, wantsPage } from '../handlers/pages';
import { serverUrl } from '../middleware/url-aliases';
import { openApiDocument } from '../openapi/document';

const anyone = group({ access: 'anyone', origins: 'any', tag: 'server' });
const clients = group({ access: 'clients', origins: 'allowed', tag: 'server' });
const logs = group({ access: 'operators', realm: 'logs', origins: 'named', tag: 'server' });
const figures = group({ access: 'operators', realm: 'metrics', origins: 'named', tag: 'server' });
const models = group({ access: 'clients', origins: 'allowed', tag: 'models' });

/** An endpoint that is a page of `dist/web`. */
function page(path: string, folder: string, summary: string): Endpoint {
  return anyone.get(path, summary, {
    answer: text('The page.', 'text/html'),
    errors: fileErrors,
    curl: `"$SERVER${path}/"`,
    handler: (call, services) => sendPage(call, services, folder),
  });
}

export const serverEndpoints: readonly Endpoint[] = [
  models.get('/v1/models', 'The models clients can call', {
    query: modelsQuery,
    answer: json('Entries sorted by name; with `model` that one entry.', z.union([modelEntry.array(), modelEntry])),
    errors: readyErrors,
    curl: '"$SERVER/v1/models?label=spleen"',
    handler: ({ response, query }, { models }) => void response.json(findModels(models, query)),
  }),
  anyone.get('/', 'Start page', {
    description: 'The URL for clients and the state of the models: a page for browsers, plain text for others.',
    answer: text('The page.', 'text/plain', 'text/html'),
    errors: fileErrors,
    handler: (call, services) => {
      if (wantsPage(call)) return sendPage(call, services, 'start');
      const server = serverUrl(call.request, services.settings.root_path);
      call.response.type('text/plain').send(startText(services.models, server));
    },
  }),
  anyone.get('/health/live', 'Whether the gateway answers', {
    polled: true,
    answer: json('It does.', z.object({ live: z.literal(true) })),
    handler: ({ response }) => void response.json({ live: true }),
  }),
  anyone.get('/health/ready', 'Whether calls are taken: Triton answers and no model is being loaded', {
    polled: true,
    description: 'A model that failed is named, and does not make the whole gateway unready.',
    answer: json('Ready.', readiness),
    others: { 503: 'Not ready; the body is the same.' },
    handler: async ({ response }, { models }) => {
      const state = await readinessOf(models);
      response.status(state.ready ? 200 : 503).json(state);
    },
  }),
  figures.get('/metrics', "The gateway's metrics for Prometheus", {
    polled: true,
    answer: text('Text format 0.0.4.', 'text/plain'),
    handler: async ({ response }, { metrics: { registry } }) => {
      const page = await registry.metrics();
      response.setHeader('Content-Type', registry.contentType);
      response.end(page);
    },
  }),
  figures.get('/metrics/triton', "Triton's metrics, as they are", {
    polled: true,
    query: tritonMetricsQuery,
    answer: text('Text format 0.0.4.', 'text/plain'),
    errors: ['TRITON_METRICS_UNAVAILABLE'],
    handler: async ({ response, query, fail }, { tritonMetrics }) => {
      const page = await tritonMetrics[query.server].text().catch((error: unknown) => {
        throw fail('TRITON_METRICS_UNAVAILABLE', { what: whyNoMetrics(error) }, { cause: error });
      });
      response.setHeader('Content-Type', 'text/plain; version=0.0.4; charset=utf-8');
      response.end(page);
    },
  }),
  logs.get('/logs', 'The last lines of the log', {
    polled: true,
    query: logsQuery,
    answer: {
      description: 'Plain text; JSON where `Accept` names it and not plain text; a page for browsers.',
      content: { 'text/plain': z.string(), 'application/json': logLine.array(), 'text/html': z.string() },
    },
    errors: fileErrors,
    curl: '-H "Accept: application/json" "$SERVER/logs/?lines=15"',
    handler: answerLogs,
  }),
  page('/try', 'try', 'Page to try models on an image'),
  page('/models', 'models', 'Page to upload and look after models'),
  clients.get('/samples', 'Images that everybody may try models on', {
    answer: json('Those of `--samples`, sorted by name.', sample.array()),
    handler: async ({ response }, { settings }) => {
      response.json((await findSamples(settings.samples)).map(({ name, bytes }) => ({ name, bytes })));
    },
  }),
  clients.get('/samples/:name', 'One of these images', {
    answer: file('The file.'),
    errors: ['SAMPLE_NOT_FOUND', ...fileErrors],
    curl: '"$SERVER/samples/example_ct.nii.gz" -o ct.nii.gz',
    handler: async ({ response, path: { name: asked }, fail }, { settings }) => {
      const samples = await findSamples(settings.samples);
      // By comparison with what is listed: a name that a caller sends never becomes a path.
      const found = samples.find(({ name }) => name === asked);
      const known = samples.map(({ name }) => name).join(', ') || 'none';
      if (!found) throw fail('SAMPLE_NOT_FOUND', { sample: asked, known });
      response.type('application/octet-stream').sendFile(found.path, { dotfiles: 'allow', cacheControl: false });
    },
  }),
  page('/docs', 'docs', 'This documentation'),
  anyone.get('/docs/openapi.json', 'This document', {
    answer: json('OpenAPI 3.1.', z.looseObject({})),
    handler: ({ request, response }, { endpoints, settings }) =>
      void response.json(openApiDocument(endpoints, serverUrl(request, settings.root_path))),
  }),
  anyone.get('/web/*file', 'Scripts and styles of the pages', {
    polled: true,
    answer: text('The file.', 'text/javascript', 'text/css'),
    errors: ['NOT_FOUND', ...fileErrors],
    curl: '"$SERVER/web/page.css"',
    handler: sendAsset,
  }),
];
