import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import express from 'express';
import request from 'supertest';
import { setPassword, Users } from '../../../gateway/access/users';
import { basicAuth } from '../../../gateway/http/middleware/guard';
import { errorHandler } from '../../../gateway/http/middleware/error-handler';
import { beginRun } from '../../../gateway/http/middleware/request-run';
import { silentLogger } from '../../silent-logger';

let workspace: string;
beforeEach(() => (workspace = mkdtempSync(path.join(tmpdir(), 'realm-'))));
afterEach(() => rmSync(workspace, { recursive: true, force: true }));

function server(flags: { user?: string; password?: string } = {}) {
  const app = express();
  app.set('trust proxy', 'loopback');
  const ask = basicAuth(new Users({ workspace, ...flags }));
  app.use(beginRun(silentLogger()));
  app.get('/admin', ask('admin'), (_request, response) => void response.json({ ok: true }));
  app.get('/dashboard', ask('dashboard'), (_request, response) => void response.json({ ok: true }));
  app.use(errorHandler(silentLogger()));
  return (text?: string, { from = '10.0.0.1', at = '/dashboard' } = {}) => {
    const sent = request(app).get(at).set('X-Forwarded-For', from);
    return text === undefined ? sent : sent.set('Authorization', `Basic ${Buffer.from(text).toString('base64')}`);
  };
}

test('admin and admin pass until a password is set, then at once no more', async () => {
  const get = server();
  await get('admin:admin').expect(200);
  await setPassword(workspace, 'admin', 'sécret: pass');
  await get('admin:admin').expect(401);
  await get('admin:sécret: pass').expect(200);
  // As another keyboard types it.
  await get('admin:se\u0301cret: pass').expect(200);
});

test('the user of the command line passes both realms, beside those of the file', async () => {
  const get = server({ user: 'root', password: 's3:crét' });
  await get('admin:admin').expect(401);
  await setPassword(workspace, 'ann', 'another one');
  for (const at of ['/admin', '/dashboard']) {
    await get('root:s3:crét', { at }).expect(200);
    await get('ann:another one', { at }).expect(200);
  }
});

test.each([undefined, '', 'root', 'root:', ':secret', 'toor:secret', 'root:secret2', 'root:secre'])(
  '%s is asked for the password',
  async (text) => {
    const get = server({ user: 'root', password: 'secret' });
    const { body, headers } = await get(text, { at: '/admin' }).expect(401);
    expect(headers['www-authenticate']).toBe('Basic realm="admin", charset="UTF-8"');
    expect(body.error.code).toBe('ADMIN_UNAUTHORIZED');
  },
);

test('ten wrong passwords make an address wait, and nobody else; being asked is no attempt', async () => {
  const get = server();
  for (let times = 0; times < 15; times++) await get().expect(401);
  await get('admin:admin', { from: '10.0.0.2' }).expect(200);
  const statuses = await Promise.all(
    Array.from({ length: 14 }, (_, n) => get(`admin:${n}`).then(({ status }) => status)),
  );
  expect(statuses.filter((status) => status === 401)).toHaveLength(10);
  expect(statuses.filter((status) => status === 429)).toHaveLength(4);
  const { body, headers } = await get('admin:admin').expect(429);
  expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  expect(body.error.message[0]).toMatch(/^Too many wrong passwords came from 10\.0\.0\.1\. Try again in \d+ s$/);
  await get('admin:admin', { from: '10.0.0.2' }).expect(200);
});
