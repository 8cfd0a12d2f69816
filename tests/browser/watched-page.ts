import path from 'node:path';
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page, Response } from 'playwright-core';

/** Takes a picture of a page where `SCREENSHOTS=DIR` names a folder for them. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS;
  if (folder) await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
}

/** Bytes of a page before the viewer, as sent. */
const MOST_BYTES = 150_000;
const SIZES = { desk: [1280, 900], phone: [360, 740], wall: [2560, 1440] } as const;

/** A page under watch: what went wrong in it is in `complaints`. */
export interface WatchedPage {
  page: Page;
  /** Errors of its console and scripts (a breach of the policy, a missing asset, a bug), and requests that left the server. */
  complaints: string[];
  /** Opens a page of the server. @throws when its policy allows inline scripts or styles */
  open(place: string): Promise<Response>;
}

/** A browser window that notes what a page must not do. @param server URL of the gateway, the only host that may be asked */
export async function watchPage(
  browser: Browser,
  server: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    const url = request.url();
    if (!/^(data|blob):/.test(url) && !url.startsWith(`${server}/`)) complaints.push(`asked ${url}`);
  });
  const open = async (place: string) => {
    const response = (await page.goto(server + place))!;
    const policy = response.headers()['content-security-policy'] ?? '';
    if (!policy.includes("default-src 'none'") || policy.includes('unsafe-inline'))
      complaints.push(`the policy of ${place} is "${policy}"`);
    return response;
  };
  return { page, complaints, open };
}

export interface LookOptions {
  /** Name of the pictures. */
  name: string;
  /** Resources that are not counted into the page's weight: the viewer, Swagger UI. */
  heavy?: RegExp;
  /** Parts that axe does not look at: those of a package that are not ours. */
  notOurs?: string[];
}

/**
 * Looks at a page that shows what it shall: accessible in light and dark, within 360 and 2560 px, light enough.
 * @returns what is wrong with it, one sentence each; none is what is expected
 */
export async function lookAtPage(
  { page, complaints }: WatchedPage,
  { name, heavy, notOurs = [] }: LookOptions,
): Promise<string[]> {
  const findings = await weightFindings(page, heavy);
  for (const [size, [width, height]] of Object.entries(SIZES)) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of size === 'desk' ? (['light', 'dark'] as const) : (['light'] as const)) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const picture = `${name}-${size}-${colorScheme}`;
      await keepPicture(page, picture);
      const scrolls = await page.evaluate<number>('document.documentElement.scrollWidth');
      if (scrolls > width) findings.push(`${picture}: the page is ${scrolls} px wide`);
      if (size !== 'wall') findings.push(...(await axeFindings(page, picture, notOurs)));
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 900 });
  return [...findings, ...complaints];
}

async function weightFindings(page: Page, heavy?: RegExp): Promise<string[]> {
  const resources = await page.evaluate<{ name: string; bytes: number; kind: string }[]>(
    `performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))
      .map((one) => ({ name: one.name, bytes: one.encodedBodySize, kind: one.initiatorType }))`,
  );
  const own = resources.filter(({ name, kind }) => !['fetch', 'xmlhttprequest'].includes(kind) && !heavy?.test(name));
  const bytes = own.reduce((sum, one) => sum + one.bytes, 0);
  return bytes > 0 && bytes <= MOST_BYTES ? [] : [`the page weighs ${bytes} bytes, at most ${MOST_BYTES} are expected`];
}

async function axeFindings(page: Page, picture: string, notOurs: string[]): Promise<string[]> {
  await page.evaluate(axe.source);
  const context = JSON.stringify({ include: [['html']], exclude: notOurs.map((one) => [one]) });
  const { violations } = await page.evaluate<axe.AxeResults>(
    `axe.run(${context}, { resultTypes: ['violations'], rules: { region: { enabled: true } } })`,
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(
        (node) => `${picture}: ${id} at ${node.target.join(' ')}: ${node.failureSummary?.replace(/\s+/g, ' ')}`,
      ),
    );
}
