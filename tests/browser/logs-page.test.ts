import { appendFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { appParts } from '../http/app-parts';
import { describeInChromium, serveApp, startBrowser } from './chromium';
import { lookAtPage, watchPage, type WatchedPage } from './watched-page';

describeInChromium('log page in Chromium', () => {
  let browser: Browser;
  let server: Awaited<ReturnType<typeof serveApp>>;
  let watched: WatchedPage;
  let log: (...entries: object[]) => void;

  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser.close());

  beforeEach(async () => {
    const parts = appParts({ root_path: '/aiaa' });
    const logs = path.join(parts.settings.workspace, 'logs');
    mkdirSync(logs, { recursive: true });
    let time = Date.parse('2026-01-02T03:04:05.000Z');
    log = (...entries) => {
      for (const entry of entries) {
        time += 250;
        const line = { timestamp: new Date(time).toISOString(), ...entry };
        appendFileSync(path.join(logs, 'gateway.log'), `${JSON.stringify(line)}\n`);
      }
    };
    server = await serveApp(parts);
    watched = await watchPage(browser, server.url);
  });
  afterEach(async () => {
    await watched.page.close();
    await server.stop();
  });

  const messages = () => watched.page.locator('#lines .message').allInnerTexts();
  const line = (text: string) => watched.page.locator('#lines li', { hasText: text });
  const request = '3f9a41c2-6f6e-4f53-9d6a-0d1a2b3c4d5e';
  const story = [
    { level: 'info', message: 'job started', request, model: 'spleen_ct' },
    { level: 'warn', message: 'shared memory is full: tensors go through gRPC', request },
    {
      level: 'info',
      message: 'POST /v1/segmentation?model=spleen_ct 200',
      request,
      ms: 4210,
      client: '10.0.0.7',
      stages: { decode: 310, pre: 820, triton: 2400, post: 530, write: 150 },
    },
  ];

  test('newest first, with level; a request tells its story; filters and keys; newer lines come by themselves', async () => {
    const { page } = watched;
    log(
      { level: 'info', message: 'listening', url: 'http://0.0.0.0:5000' },
      ...story,
      {
        level: 'error',
        message: 'model.onnx: unexpected end of file',
        stack: 'Error: model.onnx\n    at load (models.ts:1)',
      },
      { level: 'info', message: 'GET /v1/models 200', request: 'other', ms: 3 },
    );
    await watched.open('/aiaa/logs/');
    await line('listening').waitFor();
    expect(await messages()).toEqual([
      'GET /v1/models 200',
      'model.onnx: unexpected end of file',
      'POST /v1/segmentation?model=spleen_ct 200',
      'shared memory is full: tensors go through gRPC',
      'job started',
      'listening',
    ]);
    await line('job started').getByRole('button').click();
    await page.locator('#story .message', { hasText: 'job started' }).waitFor();
    expect(await page.locator('#story .message').allInnerTexts()).toEqual(story.map(({ message }) => message));
    expect(await page.locator('#story .stage-list').innerText()).toContain('triton 2.4 s');
    expect(page.url()).toContain(`#request=${request}`);
    expect(await lookAtPage(watched, { name: 'logs' })).toEqual([]);

    await page.keyboard.press('Escape');
    await page.locator('#story').waitFor({ state: 'hidden' });
    await page.locator('h1').click();
    await page.keyboard.press('/');
    // A change of the URL's hash is told late: whoever types on meanwhile keeps each letter.
    await page.evaluate('addEventListener("hashchange", () => (document.title = "the hash changed"))');
    await page.keyboard.type('SPLEEN', { delay: 40 });
    await page.waitForURL(/text=SPLEEN$/);
    expect(await page.title()).not.toBe('the hash changed');
    await line('listening').waitFor({ state: 'detached' });
    expect(await messages()).toEqual(['POST /v1/segmentation?model=spleen_ct 200', 'job started']);
    await page.fill('#text', '');
    await page.selectOption('#level', 'warn');
    await line('job started').waitFor({ state: 'detached' });
    expect(await messages()).toEqual(['model.onnx: unexpected end of file', story[1].message]);
    log({ level: 'error', message: 'it came later' });
    await line('it came later').waitFor();
    await page.selectOption('#level', 'error');
    await page.fill('#text', 'nothing like this');
    await page.locator('#lines', { hasText: 'No line passes the filter.' }).waitFor();
    expect(watched.complaints).toEqual([]);
  });

  test('an empty log, a link to a story, a server that goes away', async () => {
    const { page } = watched;
    await watched.open(`/aiaa/logs#request=${request}`);
    await page.locator('#lines', { hasText: 'Nothing is logged yet.' }).waitFor();
    await page.locator('#story', { hasText: 'no lines of this request' }).waitFor();
    expect(await lookAtPage(watched, { name: 'logs-empty' })).toEqual([]);
    log({ level: 'info', message: 'the first line' });
    await line('the first line').waitFor();
    await server.stop();
    await page.locator('#status', { hasText: 'The server does not answer' }).waitFor();
    expect(await messages()).toEqual(['the first line']);
  });

  test('older lines, page by page, and back to the newest', async () => {
    const { page } = watched;
    log(...Array.from({ length: 450 }, (_, n) => ({ level: 'info', message: `line ${n}.`, timestamp: new Date(Date.UTC(2026, 0, 2) + 1000 * n).toISOString() }))); // prettier-ignore
    await watched.open('/aiaa/logs/');
    await line('line 449.').waitFor();
    expect((await messages()).length).toBe(200);
    await page.click('#older');
    // The last one comes again: its millisecond may have more of them.
    await line('line 51.').waitFor();
    expect((await messages())[0]).toBe('line 250.');
    await page.locator('#status', { hasText: 'from before 2026-01-0' }).waitFor();
    await page.click('#older');
    await line('line 0.').waitFor();
    expect(await page.locator('#older').isHidden()).toBe(true);
    log({ level: 'info', message: 'it came later' });
    await page.click('#newest');
    await line('it came later').waitFor();
    expect(await page.locator('#newest').isHidden()).toBe(true);
    expect(watched.complaints).toEqual([]);
  });

  test('text that looks like HTML is text', async () => {
    log({ level: 'info', message: '<img src=x onerror=alert(1)>', request: '<b>' });
    await watched.open('/aiaa/logs/');
    await line('<img src=x').waitFor();
    expect(await watched.page.locator('#lines img, #lines b').count()).toBe(0);
    expect(watched.complaints).toEqual([]);
  });
});
