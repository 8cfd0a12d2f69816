import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { PasswordCheck } from '../../access/password-check';
import type { SentCredentials, Users } from '../../access/users';
import { fail } from '../../errors';

/** What is behind the door: the realm that a browser shows, and the error for those who may not enter. */
export type Realm = 'admin' | 'dashboard';

const refusals = { admin: 'ADMIN_UNAUTHORIZED', dashboard: 'DASHBOARD_UNAUTHORIZED' } as const;

/**
 * Makes the doors of one server: each asks for user and password (HTTP basic authentication, RFC 7617). Wrong passwords are counted per address
 * over all doors.
 */
export function passwordDoors(users: Users): (realm: Realm) => RequestHandler {
  const passwords = new PasswordCheck(users);
  return (realm) =>
    async function askPassword(request: Request, response: Response, next: NextFunction): Promise<void> {
      const address = request.ip ?? '';
      const sent = credentialsOf(request.get('authorization'));
      const verdict = sent ? await passwords.check(address, sent) : 'wrong';
      if (verdict === 'passed') return next();
      if (verdict !== 'wrong') {
        response.setHeader('Retry-After', verdict.waitSeconds);
        throw fail('TOO_MANY_ATTEMPTS', { address, seconds: verdict.waitSeconds });
      }
      response.setHeader('WWW-Authenticate', `Basic realm="${realm}", charset="UTF-8"`);
      throw fail(refusals[realm]);
    };
}

function credentialsOf(header = ''): SentCredentials | undefined {
  const encoded = /^basic\s+([\w+/=-]+)\s*$/i.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
