import { randomUUID } from 'node:crypto';
import type { Browser } from 'playwright-core';
import { setPassword } from '../../gateway/access/users';
import { infer } from '../system/client';
import { startRealTriton, type RealTriton } from '../system/real-triton';
import { startGateway, type RunningGateway } from '../system/running-gateway';
import { holdSlowModel, putSlowModel, SLOW_IMAGE } from '../system/slow-model';
import { describeInChromium, startBrowser } from './chromium';
import { lookAtPage, watchPage, type WatchedPage } from './watched-page';

describeInChromium('dashboard in Chromium', () => {
  let browser: Browser;
  let triton: RealTriton;
  let gateway: RunningGateway;
  const open: WatchedPage[] = [];

  const watch = async (password = 'admin') => {
    const httpCredentials = { username: 'admin', password };
    const watched = await watchPage(browser, gateway.url, { httpCredentials });
    open.push(watched);
    return watched;
  };
  const run = (id: string) => infer(gateway.url, 'slow', SLOW_IMAGE, { headers: { 'x-request-id': id } });

  beforeAll(async () => {
    browser = await startBrowser();
    triton = await startRealTriton();
    gateway = await startGateway({
      tritonUrl: triton.grpcUrl,
      repository: triton.repository,
      flags: { workers: 1, allow_code_models: 'true', root_path: '/aiaa' },
    });
    expect(await putSlowModel(gateway.url)).toMatchObject({ status: 200 });
  });
  afterEach(async () => {
    for (const { page } of open.splice(0)) await page.close();
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.stop();
    await triton?.stop();
  });

  test('without a call it says so everywhere', async () => {
    const watched = await watch();
    await watched.open('/aiaa/v1/dashboard/');
    const { page } = watched;
    await page.locator('#connection', { hasText: 'Live' }).waitFor();
    expect(await page.locator('#default-password, #open').filter({ visible: true }).count()).toBe(0);
    for (const place of ['latency', 'stages', 'jobs']) await page.locator(`#${place} .empty`).waitFor();
    await page.locator('#models tr', { hasText: 'slow' }).locator('.mark', { hasText: 'ready' }).waitFor();
    await page.locator('#problems', { hasText: 'Nothing.' }).waitFor();
    expect(await lookAtPage(watched, { name: 'dashboard-empty' })).toEqual([]);
  });

  test('numbers, chart and table, a job that is cancelled, all without a reload', async () => {
    const done = randomUUID();
    expect((await run(done)).status).toBe(200);
    expect((await infer(gateway.url, 'nobody', SLOW_IMAGE)).status).toBe(404);
    const watched = await watch();
    const { page } = watched;
    await watched.open('/aiaa/v1/dashboard');
    await page.locator('.chart canvas').waitFor();
    const segmentation = page.locator('#endpoints tr', { hasText: 'POST /v1/segmentation' });
    expect((await segmentation.locator('td').allInnerTexts()).at(1)).toBe('2');
    expect(await page.locator('#errors').innerText()).toContain('404 MODEL_NOT_FOUND');
    expect(await page.locator('#stages').innerText()).toMatch(/queue.*decode|decode.*queue/s);
    expect(await page.locator(`#slowest tbody a[title*="${done}"]`).count()).toBe(1);
    expect(await page.locator('.heat td', { hasText: /\d/ }).count()).toBeGreaterThan(0);
    // What the page itself asks for is no history.
    expect(await page.locator('#endpoints').innerText()).not.toMatch(/web|health|data/);
    expect(await page.locator('#server').innerText()).toMatch(/Triton\s+2\.\d+/);
    await page.locator('.chart .u-over').hover();
    await page.locator('#point', { hasText: 'median' }).waitFor();

    const running = randomUUID();
    const waiting = randomUUID();
    const release = holdSlowModel(triton.repository);
    const answers = [run(running), run(waiting)];
    await page.locator('#jobs tr', { hasText: 'running' }).locator('progress').waitFor();
    await page.locator('#jobs tr', { hasText: 'queued, place 1' }).waitFor();
    await page.getByRole('button', { name: `Cancel job ${waiting}` }).press('Enter');
    await page.getByRole('button', { name: `Yes, cancel job ${waiting}` }).press('Enter');
    await page.locator('#job-message', { hasText: `Job ${waiting} is being cancelled.` }).waitFor();
    await page.locator('#jobs tr', { hasText: 'cancelled' }).waitFor();
    release();
    expect((await Promise.all(answers)).map(({ status }) => status).sort()).toEqual([200, 499]);
    expect(await lookAtPage(watched, { name: 'dashboard' })).toEqual([]);

    await page.click('#latency-view');
    const row = page.locator('#latency tbody tr').last();
    expect(await row.innerText()).toMatch(/\d{4}-\d\d-\d\d/);
    // Loading the model can take longer than any image, so the first row may be that of the upload.
    await page.locator(`#slowest tbody a[title*="${done}"]`).click();
    await page.locator('#story', { hasText: 'POST /v1/segmentation' }).waitFor();
    expect(watched.complaints).toEqual([]);
  });

  test('a password that was set counts at once; a server that goes away is said', async () => {
    await setPassword(gateway.workspace, 'admin', 'correct horse');
    // Somebody who comes through a proxy is asked for it; a program of this machine is not.
    const from = { 'X-Forwarded-For': '192.0.2.7' };
    const statusWith = async (headers: Record<string, string>) =>
      (await fetch(`${gateway.url}/aiaa/v1/dashboard/`, { headers: { ...from, ...headers } })).status;
    expect(await statusWith({})).toBe(401);
    const password = Buffer.from('admin:correct horse').toString('base64');
    expect(await statusWith({ Authorization: `Basic ${password}` })).toBe(200);
    const { page, open: openPage } = await watch('correct horse');
    await openPage('/aiaa/v1/dashboard/');
    await page.locator('#connection', { hasText: 'Live' }).waitFor();
    expect(await page.locator('#default-password').isVisible()).toBe(false);
    await gateway.kill9();
    await page.locator('#connection', { hasText: 'The connection is lost' }).waitFor();
  });
});
