import { BlockList, isIP } from 'node:net';

/** Addresses as a flag lists them: `*`, or addresses and CIDR ranges, comma separated; `localhost` is this machine. */
export class AddressList {
  private readonly everybody: boolean;
  private readonly listed = new BlockList();

  /** @throws Error at start for an entry that is none of them; `flag` is named in it */
  constructor(flag: string, list: string) {
    const entries = list
      .split(',')
      .map((entry) => entry.trim())
      .filter(Boolean);
    this.everybody = entries.includes('*');
    for (const entry of entries.filter((one) => one !== '*')) this.add(flag, entry);
  }

  includes(address: string): boolean {
    const plain = isLoopback(address) ? '127.0.0.1' : plainAddress(address);
    return this.everybody || isIn(this.listed, plain);
  }

  private add(flag: string, entry: string): void {
    const [address, prefix] = entry === 'localhost' ? ['127.0.0.1'] : entry.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (!isIP(address) || (prefix !== undefined && !/^\d{1,3}$/.test(prefix)))
      throw new Error(
        `--${flag} has "${entry}": expected *, an address such as 10.0.0.7 or a range such as 10.0.0.0/8`,
      );
    if (prefix === undefined) this.listed.addAddress(address, family);
    else this.listed.addSubnet(address, Number(prefix), family);
  }
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

/** Whether an address is that of the machine itself (RFC 1122, 3.2.1.3; RFC 4291, 2.5.3). */
export function isLoopback(address: string): boolean {
  return isIn(loopback, plainAddress(address));
}

/** Whether an address is in the list; a proxy may tell something that is no address. */
function isIn(list: BlockList, address: string): boolean {
  const family = isIP(address);
  return family > 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** An IPv4 address as such, also where a socket for both families shows it as IPv6. */
const plainAddress = (address: string) => address.replace(/^::ffff:(?=\d+\.)/i, '');
