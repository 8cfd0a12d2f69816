import type { NextFunction, Request, Response } from 'express';
import type { Endpoint } from '../endpoint';

/**
 * Accepts the URLs people really type: a path prefix that a proxy or a user added, `/v1/v1/models`, `/v1/session/…`, `/v1/models/v1/models`, a
 * trailing slash.
 *
 * @param rootPath prefix that is known (`--root_path`), so that the start page is found below it too
 */
export function urlAliases(endpoints: readonly Endpoint[], rootPath = '') {
  const canonical = canonicalPaths(endpoints);
  return function takeAlias(request: Request, _response: Response, next: NextFunction): void {
    const at = request.url.indexOf('?');
    const path = at < 0 ? request.url : request.url.slice(0, at);
    const query = at < 0 ? '' : request.url.slice(at);
    request.url = canonical(withoutRoot(path, rootPath)) + query;
    next();
  };
}

/** A proxy may strip the prefix or leave it on. */
function withoutRoot(path: string, rootPath: string): string {
  if (rootPath === '' || !(path === rootPath || path.startsWith(`${rootPath}/`))) return path;
  return path.slice(rootPath.length) || '/';
}

/** A function that turns a path into the path of this API that a client means. */
export function canonicalPaths(endpoints: readonly Endpoint[]): (path: string) => string {
  const paths = endpoints.map(({ path }) => path.split('/').slice(1));
  const first = [...new Set(paths.map(([name]) => name))].filter(Boolean);
  // `models` is a page of its own, and also the end of /v1/models: it begins a path only where the path ends with it.
  const inner = new Set(paths.flatMap(([, ...rest]) => rest));
  const names = `(?:${first.filter((name) => !inner.has(name)).join('|')})(?:/|$)`;
  const last = `(?:${first.filter((name) => inner.has(name)).join('|')})/?$`;
  const prefix = new RegExp(`^.*?/(?=${names}|${last})`);
  const doubled = new RegExp(`^/v1(?:/models)?(?=/${names})`);
  return (path) => {
    let rest = path.replace(/\/{2,}/g, '/');
    for (let shorter = rest.replace(prefix, '/'); shorter !== rest; shorter = rest.replace(prefix, '/')) rest = shorter;
    rest = rest.replace(doubled, '');
    return rest.length > 1 ? rest.replace(/\/$/, '') : rest;
  };
}

/**
 * The URL of this server as the caller reached it, for clients to paste: scheme and host of the request (of `X-Forwarded-Proto` and
 * `X-Forwarded-Host` where a proxy is trusted), and the path of `--root_path`.
 */
export function serverUrl(request: Request, rootPath: string): string {
  return `${request.protocol}://${request.host ?? 'localhost'}${rootPath}`;
}
