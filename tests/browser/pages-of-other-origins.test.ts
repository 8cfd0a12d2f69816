import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import type { RequestRecord } from '../../gateway/telemetry/request-record';
import { appParts } from '../http/app-parts';
import { describeInChromium, serveApp, startBrowser } from './chromium';

describeInChromium('pages of other origins in Chromium, beside a gateway on the same machine', () => {
  let browser: Browser;
  let pages: Server;
  let gateway: { url: string; stop(): Promise<void> };
  let port: number;
  const answered: string[] = [];

  beforeAll(async () => {
    pages = createServer((_request, response) => response.setHeader('Content-Type', 'text/html').end('a page'));
    await once(pages.listen(0, '127.0.0.1'), 'listening');
    port = (pages.address() as AddressInfo).port;
    const parts = appParts({ cors_origins: `http://viewer.example:${port}` });
    parts.history.record = ({ method, endpoint, status }: RequestRecord) =>
      void answered.push(`${method} ${endpoint} ${status}`);
    gateway = await serveApp(parts);
    // Every name leads to this machine, as a name server of an attacker would have it.
    browser = await startBrowser(['--host-resolver-rules=MAP *.example 127.0.0.1']);
  });
  beforeEach(() => void (answered.length = 0));
  afterAll(async () => {
    await browser?.close();
    await gateway?.stop();
    pages.close().closeAllConnections();
  });

  /** What a page gets of a call: the status, or `nothing` where the browser keeps the answer from it. */
  const call = (page: Page, url: string, options: RequestInit = {}) =>
    page.evaluate<string | number>(
      `fetch(${JSON.stringify(url)}, ${JSON.stringify(options)}).then(({ type, status }) => type === 'opaque' ? 'nothing' : status, () => 'nothing')`,
    );

  test.each<[string, RequestInit, string[]]>([
    ['/v1/segmentation?model=x', { method: 'POST', body: '{}' }, ['POST /v1/segmentation 403']],
    ['/v1/segmentation?model=x', { method: 'POST', body: '{}', mode: 'no-cors' }, ['POST /v1/segmentation 403']],
    ['/admin/model', {}, ['GET /admin/model 403']],
    ['/admin/model', { mode: 'no-cors' }, ['GET /admin/model 403']],
    // The preflight fails, and nothing is sent.
    ['/admin/model/x', { method: 'DELETE' }, ['OPTIONS other 204']],
    ['/session/', { method: 'PUT', body: '{"dicom": {}}' }, ['OPTIONS other 204']],
  ])('one that is not named: %s %j', async (path, options, expected) => {
    const page = await browser.newPage();
    await page.goto(`http://evil.example:${port}/`);
    expect(await call(page, gateway.url + path, options)).toBe('nothing');
    expect(answered).toEqual(expected);
    await page.close();
  });

  test('a named viewer calls models, and needs the password for what operators do', async () => {
    const page = await browser.newPage();
    await page.goto(`http://viewer.example:${port}/`);
    expect(await call(page, `${gateway.url}/v1/models`)).toBe(200);
    expect(await call(page, `${gateway.url}/admin/model`)).toBe(401);
    expect(await call(page, `${gateway.url}/admin/model/x`, { method: 'DELETE' })).toBe(401);
    await page.close();
  });

  test("a name that is turned to the gateway gets neither its pages nor its answers; the gateway's own page does", async () => {
    const page = await browser.newPage();
    const rebound = gateway.url.replace('127.0.0.1', 'evil.example');
    expect((await page.goto(`${rebound}/`))!.status()).toBe(421);
    for (const path of ['/admin/model', '/v1/models', '/logs']) expect(await call(page, rebound + path)).toBe(421);
    expect((await page.goto(`${gateway.url}/models/`))!.status()).toBe(200);
    expect(await call(page, `${gateway.url}/admin/model`)).toBe(200);
    await page.close();
  });
});
