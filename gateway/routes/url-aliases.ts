import type { NextFunction, Request, Response } from 'express';

/** First path segments of this API; whatever stands before them is a prefix that a proxy or a user added. */
const ROOTS = /^.*?\/(?=(?:v1|session|admin|health|logs|docs|info|infer)(?:\/|$))/;

/**
 * Accepts the URLs people really type (`aiaa-api.md` §3): a path prefix, `/v1/v1/models`, `/v1/session/…`, `/v1/models/v1/models`, a trailing slash.
 * The prefix ends at the last place where a path of this API begins.
 */
export function urlAliases(request: Request, _response: Response, next: NextFunction): void {
  const at = request.url.indexOf('?');
  const path = at < 0 ? request.url : request.url.slice(0, at);
  const query = at < 0 ? '' : request.url.slice(at);
  request.url = canonicalPath(path) + query;
  next();
}

/** The path of this API that a client means. */
export function canonicalPath(path: string): string {
  let rest = path.replace(/\/{2,}/g, '/');
  for (let shorter = rest.replace(ROOTS, '/'); shorter !== rest; shorter = rest.replace(ROOTS, '/')) rest = shorter;
  rest = rest.replace(/^\/v1(?:\/models)?(?=\/(?:v1|session|admin|health|logs|docs|info|infer)(?:\/|$))/, '');
  return rest.length > 1 ? rest.replace(/\/$/, '') : rest;
}
