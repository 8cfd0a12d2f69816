import type { Request, Response } from 'express';
import type { Catalog } from '../../deployment/catalog';
import { serverUrl } from '../middleware/server-url';
import { sendPage } from './web-page';

/** `GET /`: is it up, and what do I paste into my client? A page for browsers, plain text for everybody else. */
export function startPage(models: Catalog, rootPath: string, webFolder: string) {
  return function answerStartPage(request: Request, response: Response): void {
    response.vary('Accept');
    if (request.accepts(['text/plain', 'text/html']) === 'text/html')
      sendPage(request, response, webFolder, 'start/index.html');
    else response.type('text/plain').send(startText(models, serverUrl(request, rootPath)));
  };
}

function startText(models: Catalog, server: string): string {
  const rows = models.list().map(({ name, state, reason }) => `  ${name}: ${state}${reason ? ` (${reason})` : ''}`);
  return [
    'aiaa-triton-gateway is running.',
    '',
    `Server URL for 3D Slicer, MITK and the Python client:  ${server}`,
    '',
    'Models:',
    ...(rows.length ? rows : ['  none yet: upload one with PUT /admin/model/<name>']),
    '',
    `Model list: ${server}/v1/models    State: ${server}/health/ready`,
    '',
  ].join('\n');
}
