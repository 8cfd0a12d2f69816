import type { NextFunction, Request, Response } from 'express';
import { Pages } from '../../access/pages';
import { endpointFinder, type Endpoint } from '../endpoint';

const METHODS = 'GET, HEAD, PUT, POST, PATCH, DELETE, OPTIONS';
const EXPOSED = 'Content-Disposition, Content-Length, Server-Timing, X-AIAA-Warnings, X-Meta, X-Request-Id';
const PREFLIGHT_SECONDS = 86_400;

/**
 * Lets the web pages of these origins call this server (OHIF and XNAT run in a browser), also where the answer is an error: without the
 * headers a page cannot tell 440 from 404. Every OPTIONS request is answered with 204.
 *
 * @param origins those of `--cors_origins`; `*` is every page, except at endpoints whose row wants its origin named
 */
export function cors(endpoints: readonly Endpoint[], origins: string) {
  const endpointsAt = endpointFinder(endpoints);
  const pages = new Pages(origins);

  return function allowOrigin(request: Request, response: Response, next: NextFunction): void {
    const origin = request.get('origin') ?? '';
    const isNamed = pages.names(origin);
    response.vary('Origin');
    if (isNamed || (pages.names('*') && !endpointsAt(request.path).some((row) => row.origins === 'named'))) {
      response.setHeader('Access-Control-Allow-Origin', isNamed ? origin : '*');
      response.setHeader('Access-Control-Expose-Headers', EXPOSED);
      if (request.method === 'OPTIONS') {
        const asked = request.get('access-control-request-headers') ?? 'content-type, accept, authorization';
        response.setHeader('Access-Control-Allow-Methods', METHODS);
        response.setHeader('Access-Control-Allow-Headers', asked);
        response.setHeader('Access-Control-Max-Age', PREFLIGHT_SECONDS);
      }
    }
    if (request.method !== 'OPTIONS') return next();
    response.setHeader('Allow', METHODS);
    response.status(204).end();
  };
}
