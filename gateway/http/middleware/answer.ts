import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { fail } from '../../errors';
import type { Endpoint } from '../endpoint';
import { sentParams } from '../multipart/form-fields';
import { receiveUpload } from '../multipart/upload';
import { parseParams } from '../../jobs/params';
import { readQuery } from '../request-params';
import type { Services } from '../services';
import { checkAccess, gateOf } from './access';
import { trackJob } from './request-run';
import { shortId } from '../../sentence';

/** A function that makes what Express runs for an endpoint: who may call it, the job and the body that its row implies, then its handler. */
export function handlersOf(services: Services): (endpoint: Endpoint) => RequestHandler[] {
  const { settings, users, jobs, models } = services;
  const gate = gateOf(settings, users);
  const track = trackJob(jobs, (name) => models.find(name) !== undefined);
  return (endpoint) => [
    begin(endpoint),
    checkAccess(gate, endpoint, settings.container),
    ...(endpoint.job ? [track] : []),
    answer(endpoint, services),
  ];
}

/** From here on the errors of the request are checked against those that its endpoint declares. */
function begin(endpoint: Endpoint): RequestHandler {
  return function beginEndpoint(request, response, next) {
    response.locals.endpoint = endpoint;
    request.run.polled = endpoint.polled === true && request.method === 'GET';
    next();
  };
}

/** Reads body, query and params as the endpoint's schemas say, and calls its handler. */
function answer({ body, query, handler }: Endpoint, services: Services): RequestHandler {
  const { settings, uploads, gateway } = services;
  const options = {
    directory: uploads,
    maxBytes: settings.max_upload_mb * 2 ** 20,
    stallSeconds: settings.stall_timeout,
    gateway,
  };
  return async function answerCall(request: Request, response: Response, next: NextFunction): Promise<void> {
    const upload = body && (await receiveUpload(request, response, options, request.run.job && request.run.signal));
    const { session_id: session } = request.query;
    if (typeof session === 'string') request.run.about.session = shortId(session);
    if (upload?.files[0]) request.run.about.file = shortId(upload.files[0].name);
    await handler(
      {
        request,
        response,
        next,
        path: request.params,
        query: query ? readQuery(query, request) : {},
        upload,
        params: body?.params && !body.readByJob ? parseParams(sentParams(upload!), body.params) : {},
        fail,
      },
      services,
    );
  };
}
