import type { Request, Response } from 'express';

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

/** Headers of everything a browser runs. */
export function setPageHeaders(response: Response, policy: string = POLICY): void {
  response.setHeader('Content-Security-Policy', policy);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Referrer-Policy', 'no-referrer');
  // The next version's page must not meet the last one's script.
  response.setHeader('Cache-Control', 'no-cache');
}

/**
 * Sends a page of `dist/web`. Its links are relative, so that they hold behind any prefix of a proxy; so its own URL must end with a slash, and
 * is sent there when it does not.
 */
export function sendPage(request: Request, response: Response, folder: string, file: string): void {
  const [path, query] = request.originalUrl.split('?');
  if (!path.endsWith('/')) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    // The whole path is not repeated: a proxy may have taken a part of it away.
    response.redirect(`./${name}/${query === undefined ? '' : `?${query}`}`);
    return;
  }
  setPageHeaders(response);
  response.sendFile(file, { root: folder, cacheControl: false });
}
