import { operations } from '../openapi/document';

/** The paths of the API, each with its methods in the order a header names them. */
const paths = operations.map(({ method, path }) => ({ method: method.toUpperCase(), matches: matcherOf(path) }));

/**
 * The methods that a path has, whatever the method that was asked with; none for a path that is not part of the API.
 * @param path of the request, without prefix and query
 * @see RFC 9110, 10.2.1 (Allow)
 */
export function allowedMethods(path: string): string[] {
  const methods = paths.filter(({ matches }) => matches.test(path)).map(({ method }) => method);
  if (methods.length === 0) return [];
  return [...new Set([...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'])];
}

/** As Express reads a template: `:name` is one segment, `*name` any number; case and a slash at the end do not count. */
function matcherOf(template: string): RegExp {
  const pattern = template
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/:\w+/g, '[^/]+')
    .replace(/\*\w+/g, '.+');
  return new RegExp(`^${pattern.replace(/\/$/, '')}/?$`, 'i');
}
