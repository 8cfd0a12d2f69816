import type { Request, Response } from 'express';
import { z } from 'zod';
import { fail } from '../../errors';
import type { Job, JobResult, RequestParams } from '../../pipeline/job';
import type { InferenceService } from '../../jobs/service';
import type { Catalog, ReadyModel } from '../../deployment/catalog';
import type { SessionStore, SessionUse } from '../../sessions/store';
import { traceparentOf } from '../../telemetry/trace-context';
import { clientGone } from '../middleware/client-gone';
import { refuseTextInPlaceOfFile, warnOfUnreadFields } from '../multipart/form-fields';
import { contextOf, jobOf, reportStages } from '../middleware/request-context';
import { deepgrowParams, dextr3dParams, inferenceParams, parseParams, segmentationParams } from '../request-params';
import { queryChoice, queryText, readQuery } from '../request-query';
import { sendResult } from './result-answer';
import { uploadOf, type UploadedFile } from '../multipart/upload';
import { warnClient } from '../middleware/warnings';

export type InferenceEndpoint = 'segmentation' | 'inference' | 'dextr3d' | 'deepgrow';

/** What of the result comes back. */
export const outputKey = queryChoice(
  ['image', 'json', 'all'],
  'What comes back: the bare file, plain JSON, or both as multipart.',
).default('all');

export const sessionKey = queryText('The session whose image is meant; the body needs no file then.');

type SegmentationKind = NonNullable<Job['dicomSegmentation']>['kind'];

/** Which kind of DICOM Segmentation comes back. */
const segmentationKey = queryChoice(
  ['binary', 'labelmap'],
  'With `output=dicom_seg`: `binary` (default), one frame of bits for each label in each slice, or `labelmap`, the newer Label Map Segmentation with the label values themselves.',
).optional();

const modelMissing = 'the query names no model: add ?model=NAME (GET /v1/models lists the names)';

export const inferenceQuery = z.object({
  model: z.string(modelMissing).describe('Name of the model.'),
  session_id: sessionKey,
  output: queryChoice(
    ['image', 'json', 'dicom_seg', 'all'],
    'What comes back: the bare file, plain JSON, a DICOM Segmentation of the series that the session was made of, or file and JSON as multipart.',
  ).default('all'),
  segmentation: segmentationKey,
});

/** The kind of object that `output=dicom_seg` makes; undefined for other outputs. @throws BAD_PARAMS when another output has a kind */
export function segmentationKind({
  output,
  segmentation,
}: Pick<z.output<typeof inferenceQuery>, 'output' | 'segmentation'>): SegmentationKind | undefined {
  if (output === 'dicom_seg') return segmentation ?? 'binary';
  if (segmentation === undefined) return undefined;
  throw fail('BAD_PARAMS', {
    what: `segmentation=${segmentation} goes with output=dicom_seg, and output is "${output}"`,
  });
}

export const paramsOfEndpoint = {
  segmentation: segmentationParams,
  inference: inferenceParams,
  dextr3d: dextr3dParams,
  deepgrow: deepgrowParams,
};

export interface InferenceRouteParts {
  models: Catalog;
  service: InferenceService;
  sessions: SessionStore;
  options: Job['options'];
}

/** `POST /v1/segmentation`, `/v1/inference`, `/v1/dextr3d`, `/v1/deepgrow`: image and params in, mask and JSON out. */
export function runInference(endpoint: InferenceEndpoint, parts: InferenceRouteParts) {
  return async function answerInference(request: Request, response: Response): Promise<void> {
    const { fields, files, json: body } = uploadOf(request);
    const query = readQuery(inferenceQuery, request);
    const model = parts.models.getReady(query.model);
    const asDicom = segmentationKind(query);
    const form = query.output === 'dicom_seg' ? 'image' : query.output;
    const params = checkParams(endpoint, parseParams(fields.params ?? body, paramsOfEndpoint[endpoint]));
    const call = { model, params, files, session: query.session_id, asDicom };
    const result = await callModel(request, response, call, parts);
    const json = endpoint === 'segmentation' ? withPoints(result.json) : result.json;
    await sendResult(response, { ...result, json }, form);
  };
}

/** What a client asks for, whatever protocol it speaks. */
export interface ModelCall {
  model: ReadyModel;
  params: RequestParams;
  /** The first one is the image, others are for models that load several; none means the image of the session. */
  files: readonly UploadedFile[];
  /** Id of a session, or one that was taken already. */
  session: string | SessionUse | undefined;
  /** The result as a DICOM Segmentation of the session's series, of this kind. @default the file that the model's config names */
  asDicom?: SegmentationKind;
  /** Says that the client is gone. @default {@link clientGone} */
  gone?: AbortSignal;
}

/** Runs a model for a request and reports its stages and warnings; what is sent of the result is the caller's. @throws NO_IMAGE, SESSION_EXPIRED, what the job throws */
export async function callModel(
  request: Request,
  response: Response,
  { model, params, files, session: wanted, asDicom, gone = clientGone(request, response) }: ModelCall,
  { models, service, sessions, options }: InferenceRouteParts,
): Promise<JobResult> {
  // A file wins: DExtr3D clients send their own crop beside the session.
  const session = typeof wanted !== 'string' ? wanted : files.length === 0 && wanted ? sessions.use(wanted) : undefined;
  const { trace } = contextOf(request);
  contextOf(request).session = session !== undefined;
  try {
    warnOfUnreadFields(request, response, ['params']);
    const image = session?.image ?? uploadedImage(request);
    const dicomSegmentation = asDicom && { series: seriesOf(session), kind: asDicom };
    const { directory } = uploadOf(request);
    const own = session ? {} : { files: files.map(({ field, path, name }) => ({ field, path, name })) };
    const call = {
      id: contextOf(request).id,
      traceparent: trace && traceparentOf(trace),
      image,
      ...own,
      session: session?.id,
      dicomSegmentation,
      params,
      directory,
      options,
    };
    const result = await models.run(model, gone, (job, signal) =>
      service.run({ ...call, ...job }, signal, jobOf(request)),
    );
    reportStages(request, response);
    warnClient(request, response, [...(session?.warnings ?? []), ...(result.warnings ?? [])]);
    return result;
  } finally {
    session?.release();
  }
}

function checkParams(endpoint: InferenceEndpoint, params: RequestParams): RequestParams {
  if (endpoint === 'dextr3d' && params.points === undefined) {
    throw fail('BAD_PARAMS', {
      what: 'dextr3d needs params.points: extreme points of the organ as voxel indices, {"points": [[x, y, z], …]}',
    });
  }
  return params;
}

/** Folder of the DICOM files a session was made of. @throws BAD_PARAMS when there is none */
function seriesOf(session: SessionUse | undefined): string {
  if (session?.dicom) return session.dicom;
  throw fail('BAD_PARAMS', {
    what: 'output=dicom_seg refers to the DICOM images of a session: make one of a DICOM series with PUT /session/ and name it with ?session_id=',
  });
}

const imageFields = ['image', 'file', 'datapoint'];

/** The first file of the upload. @throws TEXT_IN_PLACE_OF_FILE, NO_IMAGE, EMPTY_IMAGE */
export function uploadedImage(request: Request): UploadedFile {
  const [file] = uploadOf(request).files;
  if (!file) {
    refuseTextInPlaceOfFile(request, imageFields);
    throw fail('NO_IMAGE');
  }
  if (file.bytes === 0) throw fail('EMPTY_IMAGE', { file: file.name });
  return file;
}

/** C++ clients walk over the values of a non-empty object that has no `points` (`aiaa-api.md` §1 fact 6). */
function withPoints(json: Record<string, Job['params'][string]>): typeof json {
  return Object.keys(json).length > 0 && !('points' in json) ? { points: [], ...json } : json;
}
