import { BlockList, isIP } from 'node:net';
import { parse } from 'basic-auth';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { PasswordCheck } from '../../access/password-check';
import type { Users } from '../../access/users';
import { fail, type ErrorCode } from '../../errors';
import type { Settings } from '../../settings';

/** What a password opens: the realm that a browser shows. */
export type Realm = 'admin' | 'dashboard';

const refusals = { admin: 'ADMIN_UNAUTHORIZED', dashboard: 'DASHBOARD_UNAUTHORIZED' } as const;

/** Codes of the guard of each realm. */
export const guardErrors = {
  admin: ['ADMIN_FORBIDDEN', refusals.admin, 'TOO_MANY_ATTEMPTS'],
  dashboard: [refusals.dashboard, 'TOO_MANY_ATTEMPTS'],
} as const satisfies Record<Realm, readonly ErrorCode[]>;

/** The guards of one server: /admin looks at addresses, and asks for a password where one is set; the dashboard always asks. */
export function guards(users: Users, settings: Settings): Record<Realm, RequestHandler[]> {
  const ask = basicAuth(users);
  return {
    admin: [allowHosts(settings.admin_hosts), ...(settings.admin_password === undefined ? [] : [ask('admin')])],
    dashboard: [ask('dashboard')],
  };
}

/** HTTP basic authentication (RFC 7617). Wrong passwords are counted per address over all realms. */
export function basicAuth(users: Users): (realm: Realm) => RequestHandler {
  const passwords = new PasswordCheck(users);
  return (realm) =>
    async function askPassword(request: Request, response: Response, next: NextFunction): Promise<void> {
      const address = request.ip ?? '';
      const sent = parse(request.get('authorization') ?? '');
      const verdict = sent ? await passwords.check(address, { user: sent.name, password: sent.pass }) : 'wrong';
      if (verdict === 'passed') return next();
      if (verdict !== 'wrong') {
        response.setHeader('Retry-After', verdict.waitSeconds);
        throw fail('TOO_MANY_ATTEMPTS', { address, seconds: verdict.waitSeconds });
      }
      response.setHeader('WWW-Authenticate', `Basic realm="${realm}", charset="UTF-8"`);
      throw fail(refusals[realm]);
    };
}

/**
 * Lets only the addresses of `--admin_hosts` pass (`*`, or addresses and CIDR ranges, comma separated). The client's own address counts where it
 * comes through a proxy named in `--trust_proxy`.
 * @throws Error at start for an entry that is neither
 */
export function allowHosts(hosts: string): RequestHandler {
  const entries = hosts
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean);
  const everybody = entries.includes('*');
  const allowed = new BlockList();
  for (const entry of entries.filter((one) => one !== '*')) allow(allowed, entry === 'localhost' ? '127.0.0.1' : entry);

  return function checkAddress(request: Request, _response: Response, next: NextFunction): void {
    const address = (request.ip ?? '').replace(/^::ffff:/, '');
    const local = address === '::1' ? '127.0.0.1' : address;
    if (!everybody && !allowed.check(local, isIP(local) === 6 ? 'ipv6' : 'ipv4'))
      throw fail('ADMIN_FORBIDDEN', { address });
    next();
  };
}

function allow(list: BlockList, entry: string): void {
  const [address, prefix] = entry.split('/');
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (!isIP(address) || (prefix !== undefined && !/^\d{1,3}$/.test(prefix))) {
    throw new Error(
      `--admin_hosts has "${entry}": expected *, an address such as 10.0.0.7 or a range such as 10.0.0.0/8`,
    );
  }
  if (prefix === undefined) list.addAddress(address, family);
  else list.addSubnet(address, Number(prefix), family);
}
