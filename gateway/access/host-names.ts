import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { hostname } from 'node:os';

/**
 * A function that tells whether the `Host` of a request means this server. A page can have its own name point at this server's address and then
 * is of the same origin (DNS rebinding), so names have to be known; an address in figures passes, since no page can be there but ours. A request
 * without `Host` is no browser's.
 * @param list names of `--hosts`, comma separated; `*.example.org` is every name below, `*` any name
 */
export function knownHosts(list: string, machine: readonly string[] = machineNames()): (host?: string) => boolean {
  const entries = list.split(',').map((entry) => bareName(entry.trim()));
  const names = new Set(['localhost', ...machine.map(bareName), ...entries].filter(Boolean));
  const endings = entries.filter((entry) => entry.startsWith('*.')).map((entry) => entry.slice(1));
  const all = names.has('*');
  return (host) => {
    if (all || !host) return true;
    const name = nameIn(host);
    return name !== undefined && (isIP(name) > 0 || names.has(name) || endings.some((ending) => name.endsWith(ending)));
  };
}

const bareName = (name: string) => name.toLowerCase().replace(/\.$/, '');

/** The name or address in a `Host`, without port and brackets (RFC 9110, 7.2); undefined where it is none. */
function nameIn(host: string): string | undefined {
  const [, ipv6, name] = /^(?:\[([\da-f:.]+)\]|([^\s:/?#@[\]\\]+))(?::\d*)?$/i.exec(host) ?? [];
  return ipv6 ?? (name && bareName(name));
}

/** Names of this machine, as `hostname` and `hostname --fqdn` have them without asking the network: its own, that of mDNS, and those of its files. */
function machineNames(): string[] {
  const own = hostname();
  const lines = (file: string) =>
    textOf(file)
      .split('\n')
      .map((line) => line.replace(/#.*/, '').trim().split(/\s+/));
  const aliases = lines('/etc/hosts').filter((names) => names.slice(1).includes(own));
  const domains = lines('/etc/resolv.conf').filter(([key]) => key === 'search' || key === 'domain');
  return [
    own,
    `${own}.local`,
    ...aliases.flatMap(([, ...names]) => names),
    ...domains.flatMap(([, ...all]) => all.map((domain) => `${own}.${domain}`)),
  ];
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // Not every system has it.
    return '';
  }
}
