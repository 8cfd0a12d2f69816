import type { Request, Response } from 'express';
import { openApiDocument } from '../openapi/document';
import { serverUrl } from '../middleware/server-url';
import { sendPage } from './web-page';

/** `GET /docs/`: Swagger UI over the document below. */
export function docsPage(webFolder: string) {
  return function answerDocs(request: Request, response: Response): void {
    sendPage(request, response, webFolder, 'docs/index.html');
  };
}

/** `GET /docs/openapi.json`: what this server can be asked, made from the schemas its routes read requests with. */
export function showOpenApi(rootPath: string) {
  return function answerOpenApi(request: Request, response: Response): void {
    response.json(openApiDocument(serverUrl(request, rootPath)));
  };
}
