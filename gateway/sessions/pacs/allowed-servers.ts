import { lookup as dnsLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { fail } from '../../errors';
import { DEFAULT_PORT, describeServer, type SeriesRequest } from './series-request';
import { known, SaidError, say } from '../../sentence';

/** The servers of `--pacs_hosts`. What only `*` allows must not be this machine or its link: its other services trust it. */
export class AllowedServers {
  private readonly entries: readonly string[];

  /** @param list comma separated: `host`, `host:port`, `http(s)://host[:port][/path]`, `*` */
  constructor(list: string) {
    this.entries = list
      .split(',')
      .map((entry) => entry.trim().replace(/\/+$/, ''))
      .filter(Boolean);
  }

  /**
   * How the host of a request is resolved; to no address that is not allowed.
   * @throws PACS_FORBIDDEN for a server that is not in the list
   */
  check(request: SeriesRequest): LookupFunction {
    const named = this.entries.some((entry) => names(entry, request));
    const host = bare(request.host);
    if (!named && (!this.entries.includes('*') || isOwn(host) || host === 'localhost'))
      throw fail('PACS_FORBIDDEN', { server: describeServer(request) });
    return named ? (dnsLookup as LookupFunction) : lookupOfOthers;
  }
}

/** A host alone is every port and path of it. */
function names(entry: string, { host, port, url }: SeriesRequest): boolean {
  if (/^https?:\/\//i.test(entry)) {
    if (!url || !URL.canParse(entry)) return false;
    const allowed = new URL(entry);
    return allowed.origin === url.origin && allowed.pathname.replace(/\/+$/, '') === url.pathname.replace(/\/+$/, '');
  }
  const asked = bare(host);
  const [, ipv6, ipv6Port] = /^\[([\da-f:.]+)\](?::(\d+))?$/i.exec(entry) ?? [];
  const [name, only] = ipv6 ? [ipv6, ipv6Port] : isIP(entry) ? [entry] : entry.split(':');
  const askedPort = url ? Number(url.port || (url.protocol === 'https:' ? 443 : 80)) : (port ?? DEFAULT_PORT);
  return name.toLowerCase() === asked && (only === undefined || Number(only) === askedPort);
}

const bare = (host: string) => host.replace(/^\[(.*)\]$/, '$1').toLowerCase();

const own = new BlockList();
own.addSubnet('127.0.0.0', 8);
own.addSubnet('0.0.0.0', 8);
own.addSubnet('169.254.0.0', 16);
own.addSubnet('fe80::', 10, 'ipv6');
own.addAddress('::', 'ipv6');
own.addAddress('::1', 'ipv6');

/** Loopback, link-local, and the addresses that systems take for loopback. */
function isOwn(address: string): boolean {
  const family = isIP(address);
  return family > 0 && own.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** As `dns.lookup`, and fails where a name is this machine's or its link's. */
function lookupOfOthers(
  host: string,
  options: LookupOptions,
  done: (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void,
): void {
  dnsLookup(host, options as { all: false }, (error, address: string | LookupAddress[], family) => {
    const found = typeof address === 'string' ? [address] : (address ?? []).map((one) => one.address);
    if (error || !found.some(isOwn)) return done(error, address, family);
    done(new SaidError(say`${known(host)} is this machine, which --pacs_hosts does not name`), address, family);
  });
}
