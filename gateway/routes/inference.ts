import type { Request, Response } from 'express';
import { fail } from '../errors';
import type { Job, JobResult, RequestParams } from '../inference/job';
import type { InferenceService } from '../inference/service';
import type { Models, ReadyModel } from '../models/models';
import type { SessionStore, SessionUse } from '../sessions/store';
import { clientGone } from './client-gone';
import { contextOf, reportStages } from './request-context';
import { parseParams } from './request-params';
import { sendResult, type OutputForm } from './result-answer';
import { uploadOf, type UploadedFile } from './upload';

export type InferenceEndpoint = 'segmentation' | 'inference' | 'dextr3d' | 'deepgrow';

export interface InferenceRouteParts {
  models: Models;
  service: InferenceService;
  sessions: SessionStore;
  options: Job['options'];
}

/** `POST /v1/segmentation`, `/v1/inference`, `/v1/dextr3d`, `/v1/deepgrow`: image and params in, mask and JSON out. */
export function runInference(endpoint: InferenceEndpoint, parts: InferenceRouteParts) {
  return async function answerInference(request: Request, response: Response): Promise<void> {
    const { fields, files, json: body } = uploadOf(request);
    const model = parts.models.getReady(modelName(request));
    const asDicom = request.query.output === 'dicom_seg';
    const form = asDicom ? 'image' : outputForm(request, 'dicom_seg');
    const params = checkParams(endpoint, parseParams(fields.params ?? body));
    const result = await callModel(request, response, { model, params, files, asDicom }, parts);
    const json = endpoint === 'segmentation' ? withPoints(result.json) : result.json;
    await sendResult(response, { ...result, json }, form);
  };
}

/** What a client asks for, whatever protocol it speaks. */
export interface ModelCall {
  model: ReadyModel;
  params: RequestParams;
  /** The first one is the image; none means the image of `?session_id=`. */
  files: readonly UploadedFile[];
  /** The result as a DICOM Segmentation of the session's series. @default false */
  asDicom?: boolean;
  /** A session that was taken already. @default that of `?session_id=`, when no file came */
  session?: SessionUse;
  /** Says that the client is gone. @default {@link clientGone} */
  gone?: AbortSignal;
}

/** Runs a model for a request and reports its stages; what is sent of the result is the caller's. @throws NO_IMAGE, SESSION_EXPIRED, what the job throws */
export async function callModel(
  request: Request,
  response: Response,
  { model: { spec, version }, params, files, asDicom = false, ...call }: ModelCall,
  { models, service, sessions, options }: InferenceRouteParts,
): Promise<JobResult> {
  const related = models.relatedTo(spec);
  const session = call.session ?? chooseSession(request, files, sessions);
  const job: Job = {
    id: contextOf(request).id,
    spec,
    modelVersion: String(version),
    related,
    image: session?.image ?? uploadedImage(files),
    session: session?.id,
    dicomSeries: asDicom ? seriesOf(session) : undefined,
    params,
    directory: uploadOf(request).directory,
    options,
  };

  const names = [spec.name, ...Object.keys(related ?? {})];
  const result = await models
    .using(names, () => service.run(job, call.gone ?? clientGone(request, response)))
    .finally(() => session?.release());
  reportStages(request, response, result.stages);
  return result;
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

/** The session's image is used when no file came: DExtr3D clients send their own crop beside the session. @throws SESSION_EXPIRED */
function chooseSession(
  request: Request,
  files: readonly UploadedFile[],
  sessions: SessionStore,
): SessionUse | undefined {
  const { session_id: id } = request.query;
  return files.length === 0 && typeof id === 'string' && id ? sessions.use(id) : undefined;
}

/** Folder of the DICOM files a session was made of. @throws BAD_PARAMS, with the session released, when there is none */
function seriesOf(session: SessionUse | undefined): string {
  if (session?.dicom) return session.dicom;
  session?.release();
  throw fail('BAD_PARAMS', {
    what: 'output=dicom_seg refers to the DICOM images of a session: make one of a DICOM series with PUT /session/ and name it with ?session_id=',
  });
}

/** The first file of the upload. @throws NO_IMAGE, EMPTY_IMAGE */
export function uploadedImage([file]: readonly UploadedFile[]): UploadedFile {
  if (!file) throw fail('NO_IMAGE');
  if (file.bytes === 0) throw fail('EMPTY_IMAGE', { file: file.name });
  return file;
}

/** What the query wants back. @param more values that are accepted elsewhere, for the message */
export function outputForm(request: Request, ...more: string[]): OutputForm {
  const { output } = request.query;
  if (output === undefined || output === '') return 'all';
  if (output === 'all' || output === 'image' || output === 'json') return output;
  throw fail('BAD_PARAMS', {
    what: `output is "${String(output)}", expected ${['image', 'json', ...more].join(', ')} or all`,
  });
}

/** C++ clients walk over the values of a non-empty object that has no `points` (`aiaa-api.md` §1 fact 6). */
function withPoints(json: Record<string, Job['params'][string]>): typeof json {
  return Object.keys(json).length > 0 && !('points' in json) ? { points: [], ...json } : json;
}
