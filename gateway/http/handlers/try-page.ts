import type { Request, Response } from 'express';
import { sendPage } from './web-page';

/** `GET /try/`: does this model work on my image? */
export function tryPage(webFolder: string) {
  return function answerTryPage(request: Request, response: Response): void {
    sendPage(request, response, webFolder, 'try/index.html');
  };
}
