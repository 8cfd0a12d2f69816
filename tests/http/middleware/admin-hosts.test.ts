import express from 'express';
import request from 'supertest';
import { allowHosts } from '../../../gateway/http/middleware/guard';
import { errorHandler } from '../../../gateway/http/middleware/error-handler';
import { beginRun } from '../../../gateway/http/middleware/request-run';
import { silentLogger } from '../../silent-logger';

function appWith(adminHosts: string, trustProxy: string | false = false) {
  const app = express();
  app.set('trust proxy', trustProxy);
  const logger = silentLogger();
  app.use(beginRun(logger));
  app.use('/admin', allowHosts(adminHosts));
  app.get('/admin/model/x', (_request, response) => void response.json({ ok: true }));
  app.use(errorHandler(logger));
  return app;
}

describe('--admin_hosts', () => {
  test.each(['*', '127.0.0.1', 'localhost', '10.0.0.7, 127.0.0.0/8'])('"%s" lets this machine in', async (hosts) => {
    await request(appWith(hosts)).get('/admin/model/x').expect(200);
  });

  test.each(['10.0.0.7', '192.168.0.0/16', 'fd00::/8'])(
    '"%s" keeps this machine out, with its address in the answer',
    async (hosts) => {
      const { body } = await request(appWith(hosts)).get('/admin/model/x').expect(403);
      expect(body.error.code).toBe('ADMIN_FORBIDDEN');
      expect(body.error.message[0]).toContain('127.0.0.1');
    },
  );

  test.each<[string | false, string, number]>([
    [false, '10.0.0.7', 403],
    ['loopback', '10.0.0.7', 200],
    ['loopback', '1.2.3.4', 403],
    ['loopback', '10.0.0.7, 1.2.3.4', 403],
    ['loopback, 10.1.0.0/16', '10.0.0.7, 10.1.2.3', 200],
  ])('with --trust_proxy %s, X-Forwarded-For %s gives %i', async (trusted, forwarded, status) => {
    await request(appWith('10.0.0.0/24', trusted))
      .get('/admin/model/x')
      .set('X-Forwarded-For', forwarded)
      .expect(status);
  });

  test.each(['somewhere', '10.0.0.0/x', '10.0.0.256'])('"%s" is refused at start', (hosts) => {
    expect(() => allowHosts(hosts)).toThrow(/--admin_hosts/);
  });
});
