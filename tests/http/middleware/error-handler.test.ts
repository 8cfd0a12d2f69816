import express from 'express';
import request from 'supertest';
import { createApp } from '../../../gateway/app';
import { errorHandler, notFound } from '../../../gateway/http/middleware/error-handler';
import { beginRun } from '../../../gateway/http/middleware/request-run';
import { silentLogger } from '../../silent-logger';
import { appParts } from '../app-parts';

test('a path that is not percent-encoded text is the client’s fault', async () => {
  const app = express().use(beginRun(silentLogger()));
  app.get('/session/:id', (_request, response) => void response.end());
  app.use(notFound([]), errorHandler(silentLogger()));
  const { status, body } = await request(app).get('/session/%E0%A4%A');
  expect([status, body.error.code]).toEqual([400, 'BAD_PARAMS']);
  expect((await request(app).get(`/${'x'.repeat(5000)}`)).body.error.message[0].length).toBeLessThan(600);
});

describe('a path that is called with another method', () => {
  test.each([
    ['get', '/v1/segmentation', 'POST, OPTIONS'],
    ['post', '/v1/models/', 'GET, HEAD, OPTIONS'],
    ['post', '/admin/model/spleen', 'PUT, PATCH, GET, DELETE, HEAD, OPTIONS'],
    ['delete', '/session/', 'PUT, OPTIONS'],
    ['put', '/session/0b1c', 'GET, DELETE, HEAD, OPTIONS'],
    ['patch', '/INFER/spleen', 'POST, OPTIONS'],
    ['get', '/v1/v1/deepgrow', 'POST, OPTIONS'],
  ] as const)('%s %s: 405 with Allow', async (method, path, allow) => {
    const answer = await request(createApp(appParts()))[method](path);
    expect([answer.status, answer.headers.allow, answer.body.error.code]).toEqual([405, allow, 'METHOD_NOT_ALLOWED']);
    expect(answer.body.error.message[0]).toBe(`${path} is not called with ${method.toUpperCase()}; it takes ${allow}`);
  });

  test('a path that there is not is 404 whatever the method', async () => {
    const answer = await request(createApp(appParts())).post('/v1/segmentations');
    expect([answer.status, answer.headers.allow]).toEqual([404, undefined]);
  });
});
