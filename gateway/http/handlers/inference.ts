import type { z } from 'zod';
import type { inferenceQuery, polygonsQuery } from '../../contract/queries';
import type { ReadyModel } from '../../deployment/catalog';
import { readyErrors } from '../../deployment/error-codes';
import { asGatewayError, fail, type ErrorCode } from '../../errors';
import { queueErrors } from '../../jobs/error-codes';
import { modelJobErrors } from '../../pipeline/error-codes';
import type { Job, JobResult, PolygonJob, RequestParams, SentPolygonJob } from '../../pipeline/job';
import type { SessionUse } from '../../sessions/store';
import { traceparentOf } from '../../telemetry/trace-context';
import { inferErrors } from '../../triton/error-codes';
import type { UploadCall } from '../endpoint';
import { clientGone, reportStages } from '../middleware/request-run';
import { warnClient } from '../middleware/warnings';
import { imageErrors, uploadedImage, warnOfUnreadFields } from '../multipart/form-fields';
import { workInFolder } from '../multipart/upload';
import type { Services } from '../services';
import { sendResult, type OutputForm } from './result-answer';
import { say } from '../../sentence';

/** Codes of every call to a model. */
export const callErrors = [
  'SESSION_EXPIRED',
  ...imageErrors,
  ...readyErrors,
  ...queueErrors,
  ...modelJobErrors,
  ...inferErrors,
] as const satisfies readonly ErrorCode[];

type InferenceQuery = z.output<typeof inferenceQuery>;
type SegmentationKind = NonNullable<Job['dicomSegmentation']>['kind'];

/** The kind of output, and of DICOM Segmentation. @throws BAD_PARAMS when another output has a kind */
export function outputOf({ output, segmentation }: Pick<InferenceQuery, 'output' | 'segmentation'>): {
  form: OutputForm;
  asDicom?: SegmentationKind;
} {
  if (output === 'dicom_seg') return { form: 'image', asDicom: segmentation ?? 'binary' };
  if (segmentation === undefined) return { form: output };
  throw fail('BAD_PARAMS', {
    what: say`segmentation=${segmentation} goes with output=dicom_seg, and output is "${output}"`,
  });
}

/** `POST /v1/segmentation`, `/v1/inference`, `/v1/dextr3d`, `/v1/deepgrow`: image and params in, mask and JSON out. */
export function runInference(endpoint: string) {
  return async function answerInference(
    call: UploadCall<'BAD_PARAMS', InferenceQuery>,
    services: Services,
  ): Promise<void> {
    const { response, query, params, fail } = call;
    const model = services.models.getReady(query.model);
    const { form, asDicom } = outputOf(query);
    if (endpoint === 'dextr3d' && params.points === undefined) {
      throw fail('BAD_PARAMS', {
        what: say`dextr3d needs params.points: extreme points of the organ as voxel indices, {"points": [[x, y, z], …]}`,
      });
    }
    const result = await callModel(call, { model, params, session: query.session_id, asDicom }, services);
    const json = endpoint === 'segmentation' ? withPoints(result.json) : result.json;
    await sendResult(response, { ...result, json }, form);
  };
}

/** A client's question, in any protocol. */
export interface ModelCall {
  model: ReadyModel;
  params: RequestParams;
  /** Id of a session, or one that was taken already. */
  session: string | SessionUse | undefined;
  /** The result as a DICOM Segmentation of the session's series, of this kind. @default the file that the model's config names */
  asDicom?: SegmentationKind;
  /** Says that the client is gone. @default {@link clientGone} */
  gone?: AbortSignal;
}

/**
 * Runs a model for a request and reports its stages and warnings; the caller sends the result. The first file of the upload is the image, others
 * are for models that load several; without a file it is the image of the session.
 * @throws NO_IMAGE, SESSION_EXPIRED, what the job throws
 */
export async function callModel(
  call: UploadCall,
  { model, params, session: wanted, asDicom, gone = clientGone(call.request, call.response) }: ModelCall,
  { models, queue, sessions, options }: Services,
): Promise<JobResult> {
  const { request, response, upload } = call;
  const { directory, files } = upload;
  // A file wins: DExtr3D clients send their own crop beside the session.
  const named = typeof wanted === 'string' && files.length === 0 && wanted ? await sessions.use(wanted) : undefined;
  const session = typeof wanted === 'string' ? named : wanted;
  const { run } = request;
  run.session = session !== undefined;
  try {
    warnOfUnreadFields(call, ['params']);
    const image = session?.image ?? uploadedImage(upload);
    const dicomSegmentation = asDicom && { series: seriesOf(session), kind: asDicom };
    const own = session
      ? channelsOf(session)
      : { files: files.map(({ field, path, name }) => ({ field, path, name })) };
    const job = {
      id: run.id,
      traceparent: run.trace && traceparentOf(run.trace),
      image,
      ...own,
      session: session?.id,
      dicomSegmentation,
      params,
      directory,
      options,
    };
    const { arrival } = upload;
    const result = await workInFolder(upload, () =>
      models.run(model, gone, (served, signal) =>
        arrival
          ? queue.runAhead({ ...job, ...served }, arrival, signal, run)
          : queue.run({ ...job, ...served }, signal, run),
      ),
    );
    upload.isEmpty = files.length === 0 && !(result.file && 'path' in result.file.content);
    reportStages(request, response);
    warnClient(request, response, [...(session?.warnings ?? []), ...(result.warnings ?? [])]);
    return result;
  } catch (error) {
    // The files of the session may have gone while the job waited: then this throws SESSION_EXPIRED.
    if (session && asGatewayError(error).code === 'DISK_FAILED') (await sessions.use(session.id, true)).release();
    throw error;
  } finally {
    session?.release();
  }
}

/** The images of a session of several as form files that are channels. */
function channelsOf({ image, channels }: SessionUse): Pick<Job, 'files'> {
  if (channels.length === 0) return {};
  return { files: [image, ...channels].map((one, at) => ({ ...one, field: `image${at}` })) };
}

/** Folder of the DICOM files a session was made of. @throws BAD_PARAMS when there is none */
function seriesOf(session: SessionUse | undefined): string {
  if (session?.dicom) return session.dicom;
  throw fail('BAD_PARAMS', {
    what: say`output=dicom_seg refers to the DICOM images of a session: make one of a DICOM series with PUT /session/ and name it with ?session_id=`,
  });
}

/** C++ clients walk over the values of a non-empty object that has no `points`. */
function withPoints(json: Record<string, Job['params'][string]>): typeof json {
  return Object.keys(json).length > 0 && !('points' in json) ? { points: [], ...json } : json;
}

/**
 * `POST /v1/mask2polygon`: a mask in, the borders of its slices out, as a plain JSON array.
 * `POST /v1/fixpolygon`: polygons with one dragged vertex in, the polygons and their mask out, as an inference answers.
 */
export function runPolygons(kind: PolygonJob['kind']) {
  return async function answerPolygons(
    call: UploadCall<never, z.output<typeof polygonsQuery>>,
    { queue }: Services,
  ): Promise<void> {
    const { request, response, upload, query } = call;
    const { directory, params } = upload;
    const job: SentPolygonJob = { kind, id: request.run.id, image: uploadedImage(upload), params, directory };
    warnOfUnreadFields(call, ['params']);
    const result = await workInFolder(upload, () => queue.run(job, clientGone(request, response), request.run));
    reportStages(request, response);
    warnClient(request, response, result.warnings ?? []);
    await sendResult(response, result, kind === 'mask-to-polygon' ? 'image' : query.output);
  };
}
