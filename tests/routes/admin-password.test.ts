import express from 'express';
import request from 'supertest';
import { adminPassword } from '../../gateway/routes/admin-password';
import { errorHandler } from '../../gateway/routes/error-handler';
import { requestContext } from '../../gateway/routes/request-context';
import { silentLogger } from '../silent-logger';

function get(authorization?: string, user?: string, password?: string) {
  const app = express();
  app.use(requestContext(silentLogger()), adminPassword(user, password));
  app.get('/', (_request, response) => void response.json({ ok: true }));
  app.use(errorHandler(silentLogger(), false));
  const sent = request(app).get('/');
  return authorization === undefined ? sent : sent.set('Authorization', authorization);
}

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

test('without a password to ask for, everybody passes', async () => {
  await get().expect(200);
});

test.each([basic('root:s3:crét'), basic('root:s3:crét').replace('Basic', 'basic')])('%s passes', async (sent) => {
  await get(sent, 'root', 's3:crét').expect(200);
});

test.each([
  undefined,
  '',
  'Basic',
  'Bearer x',
  basic('root:'),
  basic('root:s3:cret'),
  basic('toor:s3:crét'),
  basic(''),
])('%s is asked for the password', async (sent) => {
  const { body, headers } = await get(sent, 'root', 's3:crét').expect(401);
  expect(headers['www-authenticate']).toBe('Basic realm="admin", charset="UTF-8"');
  expect(body.error.code).toBe('ADMIN_UNAUTHORIZED');
});
