import { parse } from 'basic-auth';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { isLoopback } from '../../access/addresses';
import { Gate, type Caller, type Rule } from '../../access/gate';
import { knownHosts } from '../../access/host-names';
import type { Page } from '../../access/pages';
import type { Users } from '../../access/users';
import { fail } from '../../errors';
import type { Settings } from '../../settings';

export function gateOf(settings: Settings, users: Users): Gate {
  return new Gate({
    users,
    origins: settings.cors_origins,
    clientHosts: settings.client_hosts,
    adminHosts: settings.admin_hosts,
    metricsHosts: settings.metrics_hosts,
    open: settings.aiaa_defaults,
    adminPassword: settings.admin_password !== undefined,
  });
}

/** Lets a request pass as the rule of its endpoint says. The page that sent it is in `response.locals.page`. */
export function checkAccess(gate: Gate, users: Users, rule: Rule, inContainer: boolean): RequestHandler {
  return async function checkCaller(request: Request, response: Response, next: NextFunction): Promise<void> {
    const caller = callerOf(request, gate, inContainer);
    response.locals.page = caller.page;
    response.locals.token = caller.token;
    const refusal = await gate.refusal(rule, caller);
    if (!refusal) {
      const hash = caller.token && (await users.tokenHash(caller.token));
      if (hash) request.run.user = `token ${hash}`;
      return next();
    }
    response.set(refusal.headers ?? {});
    throw refusal.error;
  };
}

/** @throws ORIGIN_FORBIDDEN for what no page may have done unless `--cors_origins` names it: `*` is not enough */
export function refuseUnnamedPages(request: Request, response: Response): void {
  if ((response.locals.page as Page) === 'other') throw fail('ORIGIN_FORBIDDEN', { origin: originOf(request) });
}

/**
 * For GETs that change something, which only programs send: a link, an image or a redirect of any page sends them too, and over plain http to another machine
 * a browser says nothing of that page.
 * @throws ORIGIN_FORBIDDEN
 */
export function refuseLinks(request: Request, response: Response): void {
  const isBrowser = request.get('sec-fetch-mode') === 'navigate' || /^Mozilla\//.test(request.get('user-agent') ?? '');
  const { page } = response.locals as { page: Page };
  if (page === 'other' || (page === 'none' && isBrowser)) throw fail('ORIGIN_FORBIDDEN', { origin: originOf(request) });
}

const originOf = (request: Request) => request.get('origin') ?? 'another site';

/** By these a proxy says that it is one (RFC 7239; RFC 9110, 7.6.3); nginx is often made to send X-Real-IP alone. */
const PROXY_HEADERS = /^(forwarded|via|x-real-ip|x-forwarded-.*)$/;

function callerOf(request: Request, gate: Gate, inContainer: boolean): Caller {
  const { ip = '', ips, host = '' } = request;
  const sent = parse(request.get('authorization') ?? '');
  const isDirect = !Object.keys(request.headers).some((name) => PROXY_HEADERS.test(name));
  // Headers of trusted proxies; Express reads no Forwarded.
  const isTold = ips.length > 0 && request.headers.forwarded === undefined;
  const way = [request.socket.remoteAddress ?? '', ...ips];
  return {
    address: ip.replace(/^::ffff:(?=\d+\.)/i, ''),
    isLocal: !inContainer && (isDirect || isTold) && way.every(isLoopback),
    isKnown: isDirect || isTold,
    page: gate.pages.whose({
      origin: request.get('origin'),
      site: request.get('sec-fetch-site'),
      mode: request.get('sec-fetch-mode'),
      destination: request.get('sec-fetch-dest'),
      host,
    }),
    origin: originOf(request),
    sent: sent && { user: sent.name, password: sent.pass },
    token: /^Bearer +(\S+) *$/i.exec(request.get('authorization') ?? '')?.[1],
  };
}

/** Refuses requests to names that are not this server's. A page may send any `X-Forwarded-Host`, so `Host` is looked at too where a proxy is trusted. */
export function checkHost(hosts: string): RequestHandler {
  const isKnown = knownHosts(hosts);
  return function refuseUnknownHost(request: Request, _response: Response, next: NextFunction): void {
    const unknown = [request.headers.host, request.host].find((host) => !isKnown(host));
    if (unknown !== undefined) throw fail('UNKNOWN_HOST', { host: unknown.slice(0, 200) });
    next();
  };
}

const HSTS = 'max-age=31536000';

/** Browsers that came by https come by https from then on (RFC 6797). */
export function keepSecure(request: Request, response: Response, next: NextFunction): void {
  if (request.secure) response.setHeader('Strict-Transport-Security', HSTS);
  next();
}
