import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import request from 'supertest';
import { makeFirstUser, setPassword, Users, usersFile } from '../../../gateway/access/users';
import { readUsers } from '../../../gateway/access/users-file';
import { createApp } from '../../../gateway/app';
import { appParts } from '../app-parts';

let workspace: string;
beforeEach(() => (workspace = mkdtempSync(path.join(tmpdir(), 'realm-'))));
afterEach(() => rmSync(workspace, { recursive: true, force: true }));

function server(flags: { admin_user?: string; admin_password?: string; aiaa_defaults?: string } = {}) {
  const { admin_user: user, admin_password: password, aiaa_defaults: open } = flags;
  const parts = appParts({ ...flags, trust_proxy: 'loopback' });
  const app = createApp({ ...parts, users: new Users({ workspace, user, password, aiaaDefaults: open === 'true' }) });
  return (text?: string, { from = '10.0.0.1', at = '/v1/dashboard/access' } = {}) => {
    const sent = request(app).get(at).set('X-Forwarded-For', from);
    return text === undefined ? sent : sent.set('Authorization', `Basic ${Buffer.from(text).toString('base64')}`);
  };
}

test('the first start makes a password, whose hash alone is kept; later starts make none', async () => {
  const password = (await makeFirstUser(workspace))!;
  expect(password).toMatch(/^[\w-]{20}$/);
  expect(readFileSync(usersFile(workspace), 'utf8')).not.toContain(password);
  expect(statSync(usersFile(workspace)).mode & 0o777).toBe(0o600);
  expect(await makeFirstUser(workspace)).toBeUndefined();
  await server()(`admin:${password}`).expect(200);
  await server()('admin:admin').expect(401);
});

test('of two gateways that start at a time one makes it', async () => {
  const made = await Promise.all([makeFirstUser(workspace), makeFirstUser(workspace)]);
  expect(made.filter((password) => password !== undefined)).toHaveLength(1);
  expect(Object.keys((await readUsers(workspace)).users)).toHaveLength(1);
});

test('without users nobody passes', async () => {
  await server()('admin:admin').expect(401);
  await server()('admin:').expect(401);
});

test('with --aiaa_defaults admin and admin pass until a password is set, then at once no more', async () => {
  const get = server({ aiaa_defaults: 'true' });
  await get('admin:admin').expect(200);
  await setPassword(workspace, 'admin', 'sécret: pass');
  await get('admin:admin').expect(401);
  await get('admin:sécret: pass').expect(200);
  // As another keyboard types it.
  await get('admin:se\u0301cret: pass').expect(200);
});

test('the user of the command line passes both realms, beside those of the file', async () => {
  const get = server({ admin_user: 'root', admin_password: 's3:crét' });
  await get('admin:admin').expect(401);
  await setPassword(workspace, 'ann', 'another one');
  for (const at of ['/admin/model', '/v1/dashboard/access']) {
    await get('root:s3:crét', { at }).expect(200);
    await get('ann:another one', { at }).expect(200);
  }
});

test.each([undefined, '', 'root', 'root:', ':secret', 'toor:secret', 'root:secret2', 'root:secre'])(
  '%s is asked for the password',
  async (text) => {
    const get = server({ admin_user: 'root', admin_password: 'secret' });
    const { body, headers } = await get(text, { at: '/admin/model' }).expect(401);
    expect(headers['www-authenticate']).toBe('Basic realm="admin", charset="UTF-8"');
    expect(body.error.code).toBe('ADMIN_UNAUTHORIZED');
  },
);

test('ten wrong passwords make an address wait, and nobody else; being asked is no attempt', async () => {
  await setPassword(workspace, 'admin', 'the right one');
  const get = server();
  for (let times = 0; times < 15; times++) await get().expect(401);
  await get('admin:the right one', { from: '10.0.0.2' }).expect(200);
  const statuses = await Promise.all(
    Array.from({ length: 14 }, (_, n) => get(`admin:${n}`).then(({ status }) => status)),
  );
  expect(statuses.filter((status) => status === 401)).toHaveLength(10);
  expect(statuses.filter((status) => status === 429)).toHaveLength(4);
  const { body, headers } = await get('admin:the right one').expect(429);
  expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  expect(body.error.message[0]).toMatch(/^Too many wrong passwords came from 10\.0\.0\.1\. Try again in \d+ s$/);
  await get('admin:the right one', { from: '10.0.0.2' }).expect(200);
});
