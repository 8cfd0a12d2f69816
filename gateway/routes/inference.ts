import type { Request, Response } from 'express';
import { fail } from '../errors';
import type { Job, RequestParams } from '../inference/job';
import type { InferenceService } from '../inference/service';
import type { Models } from '../models/models';
import { contextOf, reportStages } from './request-context';
import { parseParams } from './request-params';
import { sendResult, type OutputForm } from './result-answer';
import { uploadOf, type UploadedFile } from './upload';

export type InferenceEndpoint = 'segmentation' | 'inference' | 'dextr3d';

export interface InferenceRouteParts {
  models: Models;
  service: InferenceService;
  options: Job['options'];
}

/**
 * MITK's client gives up after 60 s without a byte; a `100 Continue` resets that timer (`aiaa-api.md` §5.5). It is sent to HTTP/1.0 callers only, which
 * is what that client is: others wait by themselves, and Node's own `fetch` breaks off at a 100 it did not ask for.
 */
const KEEP_WAITING_EVERY_MS = 20_000;

/** `POST /v1/segmentation`, `/v1/inference`, `/v1/dextr3d`: image and params in, mask and JSON out. */
export function runInference(endpoint: InferenceEndpoint, { models, service, options }: InferenceRouteParts) {
  return async function answerInference(request: Request, response: Response): Promise<void> {
    const { directory, fields, files, json: body } = uploadOf(request);
    const { spec, version } = models.getReady(modelName(request));
    const form = outputForm(request);
    const params = checkParams(endpoint, parseParams(fields.params ?? body));
    const job: Job = {
      id: contextOf(request).id,
      spec,
      modelVersion: String(version),
      image: chooseImage(request, files),
      params,
      directory,
      options,
    };

    const result = await models.using(spec.name, () => service.run(job, clientGone(request, response)));
    reportStages(request, response, result.stages);
    const json = endpoint === 'segmentation' ? withPoints(result.json) : result.json;
    await sendResult(response, { ...result, json }, form);
  };
}

function modelName(request: Request): string {
  const { model } = request.query;
  if (typeof model === 'string' && model) return model;
  throw fail('BAD_PARAMS', { what: 'the query names no model: add ?model=NAME (GET /v1/models lists the names)' });
}

function checkParams(endpoint: InferenceEndpoint, params: RequestParams): RequestParams {
  if (endpoint === 'dextr3d' && params.points === undefined) {
    throw fail('BAD_PARAMS', {
      what: 'dextr3d needs params.points: extreme points of the organ as voxel indices, {"points": [[x, y, z], …]}',
    });
  }
  return params;
}

export function chooseImage(request: Request, files: readonly UploadedFile[]): UploadedFile {
  const { session_id: session } = request.query;
  if (files.length === 0 && typeof session === 'string' && session) throw fail('SESSION_EXPIRED', { session });
  if (files.length === 0) throw fail('NO_IMAGE');
  const [file] = files;
  if (file.bytes === 0) throw fail('EMPTY_IMAGE', { file: file.name });
  return file;
}

export function outputForm(request: Request): OutputForm {
  const { output } = request.query;
  if (output === undefined || output === '') return 'all';
  if (output === 'all' || output === 'image' || output === 'json') return output;
  throw fail('BAD_PARAMS', { what: `output is "${String(output)}", expected image, json or all` });
}

/** C++ clients walk over the values of a non-empty object that has no `points` (`aiaa-api.md` §1 fact 6). */
function withPoints(json: Record<string, Job['params'][string]>): typeof json {
  return Object.keys(json).length > 0 && !('points' in json) ? { points: [], ...json } : json;
}

/** Aborts when the client hangs up before the answer is out; keeps a patient client waiting meanwhile. */
export function clientGone(request: Request, response: Response): AbortSignal {
  const gone = new AbortController();
  const keepWaiting = () => request.httpVersion === '1.0' && !response.headersSent && response.writeContinue();
  const timer = setInterval(keepWaiting, KEEP_WAITING_EVERY_MS);
  response.once('close', () => {
    clearInterval(timer);
    if (!response.writableFinished) gone.abort();
  });
  return gone.signal;
}
