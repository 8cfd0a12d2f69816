import type { Request, Response } from 'express';
import type { Users } from '../access/users';

/** `GET /v1/dashboard/access`: whether the password is still the one that everybody knows. */
export function showAccess(users: Users) {
  return async function answerAccess(_request: Request, response: Response): Promise<void> {
    response.json({ default_password: await users.isDefault() });
  };
}
