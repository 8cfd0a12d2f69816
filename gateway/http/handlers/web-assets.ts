import { dirname } from 'node:path';
import express, { type RequestHandler } from 'express';
import { setPageHeaders } from './web-page';

/** What of the package is served; its own page has inline scripts and is not. */
const SWAGGER_UI = ['swagger-ui.css', 'swagger-ui-bundle.js'];

/** `GET /web/…`: scripts and styles of the pages, and those of Swagger UI under `/web/swagger-ui/`. */
export function webAssets(folder: string): RequestHandler {
  const options = { index: false, redirect: false, cacheControl: false } as const;
  // The package itself is for browsers: importing it would run it.
  const swaggerUi = dirname(require.resolve('swagger-ui-dist/package.json'));
  const own = express.static(folder, options);
  return function answerAsset(request, response, next) {
    const parts = request.params.file as unknown as string[];
    setPageHeaders(response);
    if (parts[0] === 'swagger-ui') {
      if (parts.length !== 2 || !SWAGGER_UI.includes(parts[1])) return next();
      return response.sendFile(parts[1], { root: swaggerUi, cacheControl: false });
    }
    // Pages have routes of their own.
    if (parts.at(-1)!.endsWith('.html')) return next();
    request.url = `/${parts.map(encodeURIComponent).join('/')}`;
    own(request, response, next);
  };
}
