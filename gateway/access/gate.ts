import { fail, type GatewayError } from '../errors';
import { AddressList } from './addresses';
import { Pages, type Origins, type Page } from './pages';
import { PasswordCheck } from './password-check';
import type { SentCredentials, Users } from './users';

/** Parts of what operators may do: models; the dashboard; logs and jobs; figures for Prometheus. */
export type Realm = 'admin' | 'dashboard' | 'logs' | 'metrics';

/** Who may call an endpoint, from pages of which origins: as its row says. */
export type Rule =
  | { access: 'anyone'; origins: Origins }
  /** `token`: with an access token, once one was made. */
  | { access: 'clients'; origins: Origins; token?: boolean }
  | { access: 'operators'; realm: Realm; origins: Origins };

/** Who sends a request. */
export interface Caller {
  /** Of the client, where trusted proxies tell it. */
  address: string;
  /** A program on this machine, through no proxy. */
  isLocal: boolean;
  /** Its address is known: it came through no proxy, or through trusted ones. */
  isKnown: boolean;
  page: Page;
  /** Of its page. */
  origin: string;
  sent?: SentCredentials;
  /** A bearer token (RFC 6750). */
  token?: string;
}

export interface GateOptions {
  users: Users;
  /** `--cors_origins` */
  origins: string;
  clientHosts: string;
  adminHosts: string;
  metricsHosts: string;
  /** `--aiaa_defaults`: logs, jobs and figures without a password; models too, where no `--admin_password` is given. */
  open: boolean;
  adminPassword: boolean;
}

/** Why a request is refused, and the headers that go with it. */
export interface Refusal {
  error: GatewayError;
  headers?: Record<string, string>;
}

/** The one place that decides who may do what, from where. */
export class Gate {
  readonly pages: Pages;
  private readonly clients: AddressList;
  private readonly admins: AddressList;
  private readonly scrapers: AddressList;
  private readonly passwords: PasswordCheck;

  /** @throws Error at start for an address that is none */
  constructor(private readonly options: GateOptions) {
    this.pages = new Pages(options.origins);
    this.clients = new AddressList('client_hosts', options.clientHosts);
    this.admins = new AddressList('admin_hosts', options.adminHosts);
    this.scrapers = new AddressList('metrics_hosts', options.metricsHosts);
    this.passwords = new PasswordCheck(options.users);
  }

  /** @returns undefined for who may call an endpoint of this rule */
  async refusal(rule: Rule, caller: Caller): Promise<Refusal | undefined> {
    const { address, page, origin } = caller;
    if (!this.pages.admits(page, rule.origins)) return { error: fail('ORIGIN_FORBIDDEN', { origin }) };
    if (rule.access === 'anyone') return undefined;
    if (rule.access === 'clients')
      return this.clients.includes(address)
        ? this.missingToken(rule, caller)
        : { error: fail('CLIENT_FORBIDDEN', { address }) };
    if (rule.realm === 'admin' && !this.admins.includes(address))
      return { error: fail('ADMIN_FORBIDDEN', { address }) };
    return this.needsPassword(rule.realm, caller) ? this.wrongPassword(rule.realm, caller) : undefined;
  }

  private async missingToken({ token }: Rule & { access: 'clients' }, caller: Caller): Promise<Refusal | undefined> {
    if (!token || (await this.options.users.tokenHash(caller.token)) !== null) return undefined;
    return { error: fail('TOKEN_UNAUTHORIZED'), headers: { 'WWW-Authenticate': 'Bearer' } };
  }

  private needsPassword(realm: Realm, { address, isLocal, isKnown, page }: Caller): boolean {
    const { open, adminPassword } = this.options;
    if (realm === 'metrics' && isKnown && this.scrapers.includes(address)) return false;
    if (open && realm !== 'dashboard' && !(realm === 'admin' && adminPassword)) return false;
    // A viewer is named to send images: it must not change models for the person at this machine who looks at it.
    return !isLocal || page === 'named';
  }

  /** HTTP basic authentication (RFC 7617). Wrong passwords are counted per address over all realms. */
  private async wrongPassword(realm: Realm, { address, sent }: Caller): Promise<Refusal | undefined> {
    const verdict = sent ? await this.passwords.check(address, sent) : 'wrong';
    if (verdict === 'passed') return undefined;
    if (verdict !== 'wrong') {
      const { waitSeconds: seconds } = verdict;
      return { error: fail('TOO_MANY_ATTEMPTS', { address, seconds }), headers: { 'Retry-After': String(seconds) } };
    }
    const isAdmin = realm === 'admin';
    return {
      error: fail(isAdmin ? 'ADMIN_UNAUTHORIZED' : 'DASHBOARD_UNAUTHORIZED'),
      headers: { 'WWW-Authenticate': `Basic realm="${isAdmin ? 'admin' : 'dashboard'}", charset="UTF-8"` },
    };
  }
}
