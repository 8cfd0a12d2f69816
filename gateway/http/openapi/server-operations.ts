import { z } from 'zod';
import { logsQuery } from '../handlers/logs';
import { modelsQuery } from '../handlers/models';
import { modelEntry, readiness } from '../../contract/models';
import { access, logLine } from '../../contract/server';
import { sample } from '../../contract/sessions';
import type { Operation } from './operation';

const text = z.string();

export const serverOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/models',
    tag: 'models',
    summary: 'The models clients can call',
    query: modelsQuery,
    answer: {
      description: 'Entries sorted by name; with `model` that one entry.',
      content: { 'application/json': z.union([z.array(modelEntry), modelEntry]) },
    },
    errors: ['BAD_PARAMS', 'MODEL_NOT_FOUND', 'MODEL_NOT_READY'],
    curl: '"$SERVER/v1/models?label=spleen"',
  },
  {
    method: 'get',
    path: '/',
    tag: 'server',
    summary: 'Start page',
    description: 'The URL for clients and the state of the models: a page for browsers, plain text for others.',
    answer: { description: 'The page.', content: { 'text/plain': text, 'text/html': text } },
    curl: '"$SERVER/"',
  },
  {
    method: 'get',
    path: '/health/live',
    tag: 'server',
    summary: 'Whether the gateway answers',
    answer: { description: 'It does.', content: { 'application/json': z.object({ live: z.literal(true) }) } },
    curl: '"$SERVER/health/live"',
  },
  {
    method: 'get',
    path: '/health/ready',
    tag: 'server',
    summary: 'Whether Triton answers and no model is being loaded',
    answer: { description: 'Ready.', content: { 'application/json': readiness } },
    others: { 503: 'Not ready; the body is the same.' },
    curl: '"$SERVER/health/ready"',
  },
  {
    method: 'get',
    path: '/metrics',
    tag: 'server',
    summary: "The gateway's metrics for Prometheus",
    answer: { description: 'Text format 0.0.4.', content: { 'text/plain': text } },
    curl: '"$SERVER/metrics"',
  },
  {
    method: 'get',
    path: '/metrics/triton',
    tag: 'server',
    summary: "Triton's metrics, as they are",
    answer: { description: 'Text format 0.0.4.', content: { 'text/plain': text } },
    errors: ['TRITON_METRICS_UNAVAILABLE'],
    curl: '"$SERVER/metrics/triton"',
  },
  {
    method: 'get',
    path: '/logs',
    tag: 'server',
    summary: 'The last lines of the log',
    query: logsQuery,
    answer: {
      description: 'Plain text; JSON where `Accept` names it and not plain text; a page for browsers.',
      content: { 'text/plain': text, 'application/json': z.array(logLine), 'text/html': text },
    },
    errors: ['BAD_PARAMS'],
    curl: '-H "Accept: application/json" "$SERVER/logs/?lines=15"',
  },
  {
    method: 'get',
    path: '/try',
    tag: 'server',
    summary: 'Page to try models on an image',
    answer: { description: 'The page.', content: { 'text/html': text } },
    curl: '"$SERVER/try/"',
  },
  {
    method: 'get',
    path: '/models',
    tag: 'server',
    summary: 'Page to upload and look after models',
    answer: { description: 'The page.', content: { 'text/html': text } },
    curl: '"$SERVER/models/"',
  },
  {
    method: 'get',
    path: '/samples',
    tag: 'server',
    summary: 'Images that everybody may try models on',
    answer: {
      description: 'Those of `--samples`, sorted by name.',
      content: { 'application/json': sample.array() },
    },
    curl: '"$SERVER/samples"',
  },
  {
    method: 'get',
    path: '/samples/:name',
    tag: 'server',
    summary: 'One of these images',
    answer: { description: 'The file.', content: { 'application/octet-stream': 'file' } },
    errors: ['SAMPLE_NOT_FOUND'],
    curl: '"$SERVER/samples/example_ct.nii.gz" -o ct.nii.gz',
  },
  {
    method: 'get',
    path: '/v1/dashboard',
    tag: 'dashboard',
    summary: 'Page of the dashboard',
    answer: { description: 'The page.', content: { 'text/html': text } },
    errors: ['DASHBOARD_UNAUTHORIZED', 'TOO_MANY_ATTEMPTS'],
    curl: '-u admin:admin "$SERVER/v1/dashboard/"',
  },
  {
    method: 'get',
    path: '/v1/dashboard/access',
    tag: 'dashboard',
    summary: 'Whether the password of the dashboard is the one that everybody knows',
    answer: {
      description: 'It is, until one is set.',
      content: { 'application/json': access },
    },
    errors: ['DASHBOARD_UNAUTHORIZED', 'TOO_MANY_ATTEMPTS'],
    curl: '-u admin:admin "$SERVER/v1/dashboard/access"',
  },
  {
    method: 'get',
    path: '/docs',
    tag: 'server',
    summary: 'This documentation',
    answer: { description: 'The page.', content: { 'text/html': text } },
    curl: '"$SERVER/docs/"',
  },
  {
    method: 'get',
    path: '/docs/openapi.json',
    tag: 'server',
    summary: 'This document',
    answer: { description: 'OpenAPI 3.1.', content: { 'application/json': z.looseObject({}) } },
    curl: '"$SERVER/docs/openapi.json"',
  },
  {
    method: 'get',
    path: '/web/*file',
    tag: 'server',
    summary: 'Scripts and styles of the pages',
    answer: { description: 'The file.', content: { 'text/javascript': text, 'text/css': text } },
    errors: ['NOT_FOUND'],
    curl: '"$SERVER/web/page.css"',
  },
];
