import express from 'express';
import request from 'supertest';
import { fail } from '../../../gateway/errors';
import { endpoints } from '../../../gateway/http/endpoints';
import { cors } from '../../../gateway/http/middleware/cors';
import { errorHandler, notFound } from '../../../gateway/http/middleware/error-handler';
import { beginRun } from '../../../gateway/http/middleware/request-run';
import { urlAliases } from '../../../gateway/http/middleware/url-aliases';
import { silentLogger } from '../../silent-logger';

const page = 'https://viewer.example';

function appWith(origins: string) {
  const app = express();
  app.use(beginRun(silentLogger()), urlAliases(endpoints), cors(endpoints, origins));
  app.get('/v1/models', (_request, response) => void response.json([]));
  app.post('/v1/segmentation', () => {
    throw fail('SESSION_EXPIRED', { session: 'x' });
  });
  app.get('/admin/model', (_request, response) => void response.json([]));
  app.use(notFound(endpoints));
  app.use(errorHandler(silentLogger()));
  return app;
}

const preflight = (origins: string, path: string, method: string) =>
  request(appWith(origins)).options(path).set({
    Origin: page,
    'Access-Control-Request-Method': method,
    'Access-Control-Request-Headers': 'content-type,x-y',
  });

describe.each([
  ['*', '*'],
  [`https://other.example, ${page}/`, page],
])('--cors_origins %s', (origins, expected) => {
  test.each(['PUT', 'POST', 'DELETE', 'GET', 'PATCH'])('the preflight of %s is answered with 204', async (method) => {
    const { headers, text } = await preflight(origins, '/session/?expiry=0', method).expect(204);
    expect(text).toBe('');
    expect(headers['access-control-allow-origin']).toBe(expected);
    expect(headers['access-control-allow-methods']).toContain(method);
    expect(headers['access-control-allow-headers']).toBe('content-type,x-y');
  });

  test('answers and errors alike carry the headers', async () => {
    const ok = await request(appWith(origins)).get('/v1/models').set('Origin', page).expect(200);
    const expired = await request(appWith(origins)).post('/v1/segmentation').set('Origin', page).expect(440);
    const unknown = await request(appWith(origins)).get('/nothing').set('Origin', page).expect(404);
    for (const { headers } of [ok, expired, unknown]) {
      expect(headers['access-control-allow-origin']).toBe(expected);
      expect(headers['access-control-expose-headers']).toContain('Server-Timing');
      expect(headers.vary).toBe('Origin');
    }
  });
});

test('a page that is not named gets no headers', async () => {
  const { headers } = await preflight('https://other.example', '/session/', 'PUT').expect(204);
  expect(headers).not.toHaveProperty('access-control-allow-origin');
  expect((await request(appWith('')).get('/v1/models').set('Origin', page)).headers).not.toHaveProperty(
    'access-control-allow-origin',
  );
});

test.each([
  '/admin/model',
  '/prefix/admin/model/x/',
  '/ADMIN/model',
  '/v1/dashboard/data',
  '/v1/jobs',
  '/v1/v1/jobs/',
  '/logs',
  '/metrics',
])('* is not for %s, a named origin is', async (path) => {
  expect((await preflight('*', path, 'DELETE')).headers).not.toHaveProperty('access-control-allow-origin');
  expect((await preflight(`*, ${page}`, path, 'DELETE')).headers['access-control-allow-origin']).toBe(page);
});

test('OPTIONS without a page', async () => {
  const { headers } = await request(appWith('*')).options('/v1/models').expect(204);
  expect(headers.allow).toContain('DELETE');
});

test('* is for the job of a page, whose id only its caller knows', async () => {
  expect((await preflight('*', '/v1/jobs/0b1c', 'DELETE')).headers['access-control-allow-origin']).toBe('*');
});
