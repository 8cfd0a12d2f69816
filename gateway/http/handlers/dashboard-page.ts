import type { Request, Response } from 'express';
import type { Users } from '../../access/users';
import { sendPage } from './web-page';

/** `GET /v1/dashboard/`: is it healthy, and where does time go? */
export function dashboardPage(webFolder: string) {
  return function answerDashboard(request: Request, response: Response): void {
    sendPage(request, response, webFolder, 'dashboard/index.html');
  };
}

/** `GET /v1/dashboard/access`: whether the password is still the one that everybody knows. */
export function showAccess(users: Users) {
  return async function answerAccess(_request: Request, response: Response): Promise<void> {
    response.json({ default_password: await users.isDefault() });
  };
}
