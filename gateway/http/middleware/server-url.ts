import type { Request } from 'express';

/**
 * The URL of this server as the caller reached it, for clients to paste: scheme and host of the request (of `X-Forwarded-Proto` and
 * `X-Forwarded-Host` where a proxy is trusted), and the path of `--root_path`.
 */
export function serverUrl(request: Request, rootPath: string): string {
  return `${request.protocol}://${request.host ?? 'localhost'}${rootPath}`;
}
