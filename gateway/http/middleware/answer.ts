import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { fail } from '../../errors';
import type { Endpoint } from '../endpoint';
import { sentParams } from '../multipart/form-fields';
import { receiveUpload, type Upload } from '../multipart/upload';
import { parseParams } from '../../jobs/params';
import { NotNow } from '../../jobs/worker-slot';
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
    checkAccess(gate, users, endpoint, settings.container),
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
    spoolParams: body?.readByJob,
    asFile: body?.packedArray,
  };
  return async function answerCall(request: Request, response: Response, next: NextFunction): Promise<void> {
    const call = async (upload?: Upload) => {
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
    if (!body) return call();
    let answered: Promise<boolean> | undefined;
    const ahead = (begun: Upload) => {
      answered = answeredAhead(begun, call);
      // Read below, when the upload is whole.
      answered.catch(() => undefined);
    };
    const cancelled = request.run.job && request.run.signal;
    const upload = await receiveUpload(request, response, options, cancelled, body.ahead ? ahead : undefined);
    if (await answered) return;
    await call(upload);
  };
}

/** Calls a handler while an image arrives. @returns whether it has answered @throws what it fails with after the point where that is not to be done twice */
async function answeredAhead(begun: Upload, call: (upload: Upload) => Promise<void>): Promise<boolean> {
  const { arrival } = begun;
  try {
    await call(begun);
    return true;
  } catch (error) {
    if (arrival!.isConfirmed && !(error instanceof NotNow)) throw error;
    return false;
  }
}
