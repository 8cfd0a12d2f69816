import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromium, type Browser } from 'playwright-core';
import { createApp, type Parts } from '../../gateway/app';
import { describeThatNeeds } from '../needs';

const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = PATHS.find((path) => existsSync(path));

/** Tests of pages, or one that says why there are none. */
export const describeInChromium = describeThatNeeds('Chromium', executablePath);

/** How long a page may take to show something: ends a test that hangs. */
const PATIENCE_MS = 240_000;

/** WebGL is drawn by the processor, as test machines have no graphics card; pages are not, since that takes twice the time. */
export const SOFTWARE_GL = [
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--disable-gpu-rasterization',
];
const NO_GL = ['--disable-gpu', '--disable-software-rasterizer'];

/** @param args more of Chromium's own: {@link SOFTWARE_GL} for pages with a viewer */
export async function startBrowser(args: readonly string[] = NO_GL): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', ...args],
    timeout: PATIENCE_MS,
  });
  // Windows that newPage() opens have a context each.
  browser.on('context', (context) => context.setDefaultTimeout(PATIENCE_MS));
  return browser;
}

/** The app on a free port. */
export async function serveApp(parts: Parts): Promise<{ url: string; stop(): Promise<void> }> {
  const server: Server = createServer(createApp(parts));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
