import express from 'express';
import request from 'supertest';
import { errorHandler, notFound } from '../../gateway/routes/error-handler';
import { requestContext } from '../../gateway/routes/request-context';
import { silentLogger } from '../silent-logger';

test('a path that is not percent-encoded text is the client’s fault', async () => {
  const app = express().use(requestContext(silentLogger()));
  app.get('/session/:id', (_request, response) => void response.end());
  app.use(notFound(), errorHandler(silentLogger(), false));
  const { status, body } = await request(app).get('/session/%E0%A4%A');
  expect([status, body.error.code]).toEqual([400, 'BAD_PARAMS']);
  expect((await request(app).get(`/${'x'.repeat(5000)}`)).body.error.message[0].length).toBeLessThan(600);
});
