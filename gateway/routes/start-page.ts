import type { Request, Response } from 'express';
import type { Models } from '../models/models';

/** `GET /`: is it up, and what do I paste into my client? */
export function startPage(models: Models) {
  return function answerStartPage(request: Request, response: Response): void {
    const server = `${request.protocol}://${request.get('host') ?? 'localhost'}`;
    const rows = models.list().map(({ name, state, reason }) => `  ${name}: ${state}${reason ? ` (${reason})` : ''}`);
    const text = [
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
    response.type('text/plain').send(text);
  };
}
