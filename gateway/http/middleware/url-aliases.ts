import type { NextFunction, Request, Response } from 'express';

/** First path segments of this API. */
const NAMES = '(?:v1|session|admin|health|logs|metrics|docs|web|try|samples|info|infer)(?:/|$)';
/** Whatever stands before them is a prefix that a proxy or a user added. */
const PREFIX = new RegExp(`^.*?/(?=${NAMES}|models/?$)`);
const DOUBLED = new RegExp(`^/v1(?:/models)?(?=/${NAMES})`);

/**
 * Accepts the URLs people really type (`aiaa-api.md` §3): a path prefix, `/v1/v1/models`, `/v1/session/…`, `/v1/models/v1/models`, a trailing slash.
 *
 * @param rootPath prefix that is known (`--root_path`), so that the start page is found behind it too
 */
export function urlAliases(rootPath = '') {
  return function takeAlias(request: Request, _response: Response, next: NextFunction): void {
    const at = request.url.indexOf('?');
    const path = at < 0 ? request.url : request.url.slice(0, at);
    const query = at < 0 ? '' : request.url.slice(at);
    request.url = canonicalPath(withoutRoot(path, rootPath)) + query;
    next();
  };
}

/** A proxy may strip the prefix or leave it on. */
function withoutRoot(path: string, rootPath: string): string {
  if (rootPath === '' || !(path === rootPath || path.startsWith(`${rootPath}/`))) return path;
  return path.slice(rootPath.length) || '/';
}

/** The path of this API that a client means. */
export function canonicalPath(path: string): string {
  let rest = path.replace(/\/{2,}/g, '/');
  for (let shorter = rest.replace(PREFIX, '/'); shorter !== rest; shorter = rest.replace(PREFIX, '/')) rest = shorter;
  rest = rest.replace(DOUBLED, '');
  return rest.length > 1 ? rest.replace(/\/$/, '') : rest;
}
