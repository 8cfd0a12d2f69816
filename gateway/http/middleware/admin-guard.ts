import { BlockList, isIP } from 'node:net';
import type { NextFunction, Request, Response } from 'express';
import { fail } from '../../errors';

/**
 * Lets only the addresses of `--admin_hosts` pass (`*`, or addresses and CIDR ranges, comma separated).
 * Behind a proxy named in `--trust_proxy` the client's own address counts.
 * @throws Error at start for an entry that is neither
 */
export function adminGuard(adminHosts: string) {
  const entries = adminHosts
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean);
  const everybody = entries.includes('*');
  const allowed = new BlockList();
  for (const entry of entries.filter((one) => one !== '*')) allow(allowed, entry === 'localhost' ? '127.0.0.1' : entry);

  return function guardAdmin(request: Request, _response: Response, next: NextFunction): void {
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
