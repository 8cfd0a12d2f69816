import type { Request, Response } from 'express';
import { sendPage } from './web-page';

/** `GET /models/`: what is loaded, and what is wrong with the rest? */
export function modelsPage(webFolder: string) {
  return function answerModelsPage(request: Request, response: Response): void {
    sendPage(request, response, webFolder, 'models/index.html');
  };
}
