import { z } from 'zod';
import { logsQuery, modelsQuery } from '../../contract/queries';
import { modelEntry, readiness } from '../../contract/models';
import { logLine } from '../../contract/server';
import { sample } from '../../contract/sessions';
import { readyErrors } from '../../deployment/error-codes';
import { whyNoMetrics } from '../../telemetry/triton-metrics';
import { endpoint, type Endpoint } from '../endpoint';
import { answerLogs } from '../handlers/logs';
import { findModels, readinessOf, startText } from '../handlers/models';
import { fileErrors, sendAsset, sendPage, wantsPage } from '../handlers/pages';
import { findSamples } from '../handlers/samples';
import { serverUrl } from '../middleware/server-url';
import { openApiDocument } from '../openapi/document';

const text = z.string();
const oneFile = (type: string) => ({ description: 'The file.', content: { [type]: 'file' as const } });

/** An endpoint that is a page of `dist/web`. */
function page(path: string, folder: string, summary: string): Endpoint {
  return endpoint({
    method: 'get',
    path,
    access: 'anyone',
    tag: 'server',
    summary,
    answer: { description: 'The page.', content: { 'text/html': text } },
    errors: fileErrors,
    curl: `"$SERVER${path}/"`,
    handler: (call, services) => sendPage(call, services, folder),
  });
}

export const serverEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/v1/models',
    access: 'clients',
    tag: 'models',
    summary: 'The models clients can call',
    query: modelsQuery,
    answer: {
      description: 'Entries sorted by name; with `model` that one entry.',
      content: { 'application/json': z.union([modelEntry.array(), modelEntry]) },
    },
    errors: readyErrors,
    curl: '"$SERVER/v1/models?label=spleen"',
    handler: ({ response, query }, { models }) => void response.json(findModels(models, query)),
  }),
  endpoint({
    method: 'get',
    path: '/',
    access: 'anyone',
    tag: 'server',
    summary: 'Start page',
    description: 'The URL for clients and the state of the models: a page for browsers, plain text for others.',
    answer: { description: 'The page.', content: { 'text/plain': text, 'text/html': text } },
    errors: fileErrors,
    curl: '"$SERVER/"',
    handler: (call, services) => {
      if (wantsPage(call)) return sendPage(call, services, 'start');
      const server = serverUrl(call.request, services.settings.root_path);
      call.response.type('text/plain').send(startText(services.models, server));
    },
  }),
  endpoint({
    method: 'get',
    path: '/health/live',
    access: 'anyone',
    polled: true,
    tag: 'server',
    summary: 'Whether the gateway answers',
    answer: { description: 'It does.', content: { 'application/json': z.object({ live: z.literal(true) }) } },
    curl: '"$SERVER/health/live"',
    handler: ({ response }) => void response.json({ live: true }),
  }),
  endpoint({
    method: 'get',
    path: '/health/ready',
    access: 'anyone',
    polled: true,
    tag: 'server',
    summary: 'Whether calls are taken: Triton answers and no model is being loaded',
    description: 'A model that failed is named, and does not make the whole gateway unready.',
    answer: { description: 'Ready.', content: { 'application/json': readiness } },
    others: { 503: 'Not ready; the body is the same.' },
    curl: '"$SERVER/health/ready"',
    handler: async ({ response }, { models }) => {
      const state = await readinessOf(models);
      response.status(state.ready ? 200 : 503).json(state);
    },
  }),
  endpoint({
    method: 'get',
    path: '/metrics',
    access: 'clients',
    polled: true,
    tag: 'server',
    summary: "The gateway's metrics for Prometheus",
    answer: { description: 'Text format 0.0.4.', content: { 'text/plain': text } },
    curl: '"$SERVER/metrics"',
    handler: async ({ response }, { metrics: { registry } }) => {
      const page = await registry.metrics();
      response.setHeader('Content-Type', registry.contentType);
      response.end(page);
    },
  }),
  endpoint({
    method: 'get',
    path: '/metrics/triton',
    access: 'clients',
    polled: true,
    tag: 'server',
    summary: "Triton's metrics, as they are",
    answer: { description: 'Text format 0.0.4.', content: { 'text/plain': text } },
    errors: ['TRITON_METRICS_UNAVAILABLE'],
    curl: '"$SERVER/metrics/triton"',
    handler: async ({ response, fail }, { tritonMetrics }) => {
      const page = await tritonMetrics.text().catch((error: unknown) => {
        throw fail('TRITON_METRICS_UNAVAILABLE', { what: whyNoMetrics(error) }, { cause: error });
      });
      response.setHeader('Content-Type', 'text/plain; version=0.0.4; charset=utf-8');
      response.end(page);
    },
  }),
  endpoint({
    method: 'get',
    path: '/logs',
    access: 'clients',
    polled: true,
    tag: 'server',
    summary: 'The last lines of the log',
    query: logsQuery,
    answer: {
      description: 'Plain text; JSON where `Accept` names it and not plain text; a page for browsers.',
      content: { 'text/plain': text, 'application/json': logLine.array(), 'text/html': text },
    },
    errors: fileErrors,
    curl: '-H "Accept: application/json" "$SERVER/logs/?lines=15"',
    handler: answerLogs,
  }),
  page('/try', 'try', 'Page to try models on an image'),
  page('/models', 'models', 'Page to upload and look after models'),
  endpoint({
    method: 'get',
    path: '/samples',
    access: 'clients',
    tag: 'server',
    summary: 'Images that everybody may try models on',
    answer: {
      description: 'Those of `--samples`, sorted by name.',
      content: { 'application/json': sample.array() },
    },
    curl: '"$SERVER/samples"',
    handler: async ({ response }, { settings }) => {
      response.json((await findSamples(settings.samples)).map(({ name, bytes }) => ({ name, bytes })));
    },
  }),
  endpoint({
    method: 'get',
    path: '/samples/:name',
    access: 'clients',
    tag: 'server',
    summary: 'One of these images',
    answer: oneFile('application/octet-stream'),
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
  endpoint({
    method: 'get',
    path: '/docs/openapi.json',
    access: 'anyone',
    tag: 'server',
    summary: 'This document',
    answer: { description: 'OpenAPI 3.1.', content: { 'application/json': z.looseObject({}) } },
    curl: '"$SERVER/docs/openapi.json"',
    handler: ({ request, response }, { endpoints, settings }) =>
      void response.json(openApiDocument(endpoints, serverUrl(request, settings.root_path))),
  }),
  endpoint({
    method: 'get',
    path: '/web/*file',
    access: 'anyone',
    polled: true,
    tag: 'server',
    summary: 'Scripts and styles of the pages',
    answer: { description: 'The file.', content: { 'text/javascript': text, 'text/css': text } },
    errors: ['NOT_FOUND', ...fileErrors],
    curl: '"$SERVER/web/page.css"',
    handler: sendAsset,
  }),
];
