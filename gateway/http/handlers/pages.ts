import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import express, { type Response } from 'express';
import type { Sample } from '../../contract/sessions';
import type { ErrorCode } from '../../errors';
import type { Call } from '../endpoint';
import type { Services } from '../services';

/** Codes of every endpoint that sends a file. */
export const fileErrors = ['PRECONDITION_FAILED', 'RANGE_NOT_SATISFIABLE'] as const satisfies readonly ErrorCode[];

/** Scripts, styles, pictures and calls come from this server alone, and nothing is written into a page's text. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

function setPageHeaders(response: Response): void {
  response.setHeader('Content-Security-Policy', POLICY);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Referrer-Policy', 'no-referrer');
  // The next version's page must not meet the last one's script.
  response.setHeader('Cache-Control', 'no-cache');
}

/** Whether the caller is a browser, which gets a page where programs get text. */
export function wantsPage({ request, response }: Call): boolean {
  response.vary('Accept');
  return request.accepts(['text/plain', 'text/html']) === 'text/html';
}

/**
 * Sends a page of `dist/web`. Its links are relative, so that they hold below any prefix of a proxy; so its own URL must end with a slash, and
 * a browser is sent there when it does not.
 */
export function sendPage({ request, response }: Call, { webFolder }: Pick<Services, 'webFolder'>, page: string): void {
  const [path, query] = request.originalUrl.split('?');
  if (!path.endsWith('/')) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    // The whole path is not repeated: a proxy may have taken a part of it away.
    response.redirect(`./${name}/${query === undefined ? '' : `?${query}`}`);
    return;
  }
  setPageHeaders(response);
  response.sendFile(`${page}/index.html`, { root: webFolder, cacheControl: false });
}

/** Of the package `swagger-ui-dist` only these files are served: its own page has inline scripts. */
const SWAGGER_UI = ['swagger-ui.css', 'swagger-ui-bundle.js'];
// The package itself is for browsers: importing it would run it.
const swaggerUi = dirname(require.resolve('swagger-ui-dist/package.json'));

/** `GET /web/…`: scripts and styles of the pages, and those of Swagger UI under `/web/swagger-ui/`. */
export function sendAsset({ request, response, next }: Call, { webFolder }: Pick<Services, 'webFolder'>): void {
  const parts = request.params.file as unknown as string[];
  setPageHeaders(response);
  if (parts[0] === 'swagger-ui') {
    if (parts.length !== 2 || !SWAGGER_UI.includes(parts[1])) return next();
    return response.sendFile(parts[1], { root: swaggerUi, cacheControl: false });
  }
  // Pages have endpoints of their own.
  if (parts.at(-1)!.endsWith('.html')) return next();
  request.url = `/${parts.map(encodeURIComponent).join('/')}`;
  const send = express.static(webFolder, { index: false, redirect: false, cacheControl: false });
  void send(request, response, next);
}

/**
 * The files of a list of files and folders; of two with the same name the first. A place that does not exist is left out, so that a
 * sample may be fetched after the start.
 */
export async function findSamples(places: readonly string[] = []): Promise<(Sample & { path: string })[]> {
  const found = new Map<string, Sample & { path: string }>();
  for (const path of (await Promise.all(places.map(filesAt))).flat()) {
    const about = await stat(path).catch(() => undefined);
    const name = basename(path);
    if (about?.isFile() && !name.startsWith('.') && !found.has(name))
      found.set(name, { name, bytes: about.size, path });
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function filesAt(place: string): Promise<string[]> {
  const names = await readdir(place).catch(() => undefined);
  return names ? names.map((name) => join(place, name)) : [place];
}
