import type { Browser, Page } from 'playwright-core';
import type { Model } from '../../gateway/deployment/catalog';
import { appParts, fakeModel } from '../http/app-parts';
import { describeInChromium, serveApp, startBrowser } from './chromium';
import { lookAtPage, watchPage, type WatchedPage } from './watched-page';

describeInChromium('pages in Chromium', () => {
  let browser: Browser;
  let page: Page;
  let watched: WatchedPage;
  let models: Model[];
  let live: boolean;
  let server: Awaited<ReturnType<typeof serveApp>>;

  beforeAll(async () => {
    browser = await startBrowser();
    server = await serveApp(
      appParts(
        { root_path: '/aiaa' },
        () => models,
        () => live,
      ),
    );
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
  });

  beforeEach(async () => {
    models = [
      fakeModel('deepgrow_2d', {}, { type: 'deepgrow', labels: [], description: 'Clicks in a slice' }),
      fakeModel('liver_tumor', {
        state: 'failed',
        reason: 'Triton could not load it: model.onnx: unexpected end of file',
      }),
      fakeModel('spleen_ct'),
    ];
    live = true;
    watched = await watchPage(browser, server.url, { permissions: ['clipboard-read', 'clipboard-write'] });
    page = watched.page;
  });
  afterEach(() => page.close());

  const finding = (text: RegExp) => page.locator('#finding', { hasText: text }).waitFor();

  test('the start page shows the URL, the state and the models', async () => {
    await watched.open('/aiaa/');
    await page.locator('td', { hasText: 'unexpected end of file' }).waitFor();
    expect(await page.locator('#server').innerText()).toBe(`${server.url}/aiaa`);
    expect(await page.locator('#state').innerText()).toMatch(
      /Gateway is up.*Triton answers.*2 of 3 models ready.*1 failed/s,
    );
    expect(await page.locator('tbody tr').allInnerTexts()).toEqual([
      expect.stringMatching(/^liver_tumor\s+failed/),
      expect.stringMatching(/^deepgrow_2d\s+ready\s+deepgrow\s+Clicks/),
      expect.stringMatching(/^spleen_ct\s+ready\s+segmentation\s+spleen/),
    ]);
    expect(await lookAtPage(watched, { name: 'start' })).toEqual([]);
  });

  test('the URL is copied', async () => {
    await page.goto(`${server.url}/aiaa/`);
    await page.click('#copy');
    await page.locator('#copy', { hasText: 'Copied' }).waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(`${server.url}/aiaa`);
  });

  test('without a slash, and without models and Triton', async () => {
    models = [];
    live = false;
    await page.goto(`${server.url}/aiaa`);
    await page.locator('#model-list', { hasText: 'curl -X PUT' }).waitFor();
    expect(page.url()).toBe(`${server.url}/aiaa/`);
    expect(await page.locator('#state').innerText()).toMatch(/Triton does not answer/);
  });

  test('while Triton is away nobody says that models are ready', async () => {
    live = false;
    await page.goto(`${server.url}/aiaa/`);
    await page.locator('tbody tr').first().waitFor();
    expect(await page.locator('#state').innerText()).toMatch(
      /Triton does not answer\s+3 models, unknown whether they serve\s+1 failed/,
    );
    expect(await page.locator('tbody tr').allInnerTexts()).toEqual([
      expect.stringMatching(/^liver_tumor\s+failed/),
      expect.stringMatching(/^deepgrow_2d\s+unknown/),
      expect.stringMatching(/^spleen_ct\s+unknown/),
    ]);
  });

  test('it works with the keyboard alone: tabs, test of a URL', async () => {
    await page.goto(`${server.url}/aiaa/`);
    const { keyboard } = page;
    const focused = () => page.evaluate('document.activeElement.textContent.trim()');
    for (let steps = 0; steps < 12 && (await focused()) !== '3D Slicer'; steps++) await keyboard.press('Tab');
    await keyboard.press('ArrowRight');
    expect(await focused()).toBe('MITK');
    await keyboard.press('End');
    expect(await page.locator('[role=tabpanel]:visible').innerText()).toContain('curl -F params={}');
    await keyboard.press('ArrowRight');
    expect(await page.locator('[role=tabpanel]:visible').innerText()).toContain(`enter ${server.url}/aiaa`);
    await page.focus('#typed');
    await keyboard.type(`${server.url}/aiaa/v1/models`);
    await keyboard.press('Enter');
    await finding(/This works here.*\/aiaa\/v1\/models is too much.*Better enter/s);
    await page.fill('#typed', `${server.url}/aiaa/`);
    await keyboard.press('Enter');
    await finding(/This works: the list of models came/);
    await page.fill('#typed', `"${server.url}/aiaa" `);
    await keyboard.press('Enter');
    await finding(/This works: the list of models came/);
    await page.fill('#typed', 'http://gateway.hospital.example:5000');
    await keyboard.press('Enter');
    await finding(/cannot be tested from here.*curl http:\/\/gateway\.hospital\.example:5000\/v1\/models/s);
    await page.fill('#typed', '127.0.0.1:8001');
    await keyboard.press('Enter');
    await finding(/does not work.*no http:\/\/ in front/s);
    expect(watched.complaints).toEqual([]);
  });

  test('the theme that was chosen is remembered', async () => {
    await page.goto(`${server.url}/aiaa/`);
    await page.click('#theme');
    await page.reload();
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(17, 22, 23)');
  });

  test.each(['/aiaa/docs/', '/docs'])('Swagger UI shows the API at %s, with nothing from elsewhere', async (place) => {
    await watched.open(place);
    await page.locator('.opblock-summary', { hasText: '/v1/deepgrow' }).click();
    await page.locator('.opblock-body', { hasText: 'TOO_MANY_POINTS' }).waitFor();
    if (place === '/docs') return expect(watched.complaints).toEqual([]);
    expect(await lookAtPage(watched, { name: 'docs', heavy: /swagger-ui/, notOurs: ['.swagger-ui'] })).toEqual([]);
  });
});
