import type { Request, Response } from 'express';
import { z } from 'zod';
import { fail } from '../../../errors';
import type { Json, RequestParams } from '../../../pipeline/job';
import type { SeriesArchive } from '../../../sessions/series-archive';
import type { SessionUse } from '../../../sessions/store';
import { clientGone } from '../../middleware/client-gone';
import { callModel, inferenceQuery, segmentationKind, sessionKey, type InferenceRouteParts } from '../inference';
import { inferenceParams, parseParams } from '../../request-params';
import { queryText, readQuery } from '../../request-query';
import { sendResult } from '../result-answer';
import { uploadOf, type UploadedFile } from '../../multipart/upload';
import { labelValues } from './describe';

export const inferQuery = z.object({
  session_id: sessionKey,
  output: inferenceQuery.shape.output,
  segmentation: inferenceQuery.shape.segmentation,
  image: queryText(
    'SeriesInstanceUID of a series in the DICOMweb archive (`--dicomweb_url`). It is ignored beside a file or a session.',
  ),
});

export interface MonaiLabelInferParts extends InferenceRouteParts {
  /** Where a series is fetched from that the query names with `image`. */
  archive?: SeriesArchive;
}

/**
 * `POST /infer/:model`: the image is the form file `file`, that of `?session_id=`, or the series `?image=UID` of the archive. Answers as MONAI Label
 * does: form fields `params` and `image`, or plain JSON when the model makes no image; `output=dicom_seg` is a DICOM file.
 */
export function runMonaiLabelInference(parts: MonaiLabelInferParts) {
  return async function answerInfer(request: Request<{ model: string }>, response: Response): Promise<void> {
    const { fields, files, json: body } = uploadOf(request);
    const model = parts.models.getReady(request.params.model);
    const query = readQuery(inferQuery, request);
    const asDicom = segmentationKind(query);
    const form = query.output === 'dicom_seg' ? 'image' : query.output;
    const params = asAiaaParams(parseParams(fields.params ?? body, inferenceParams));
    const gone = clientGone(request, response);
    const session = (await seriesOf(query, files, gone, parts.archive)) ?? query.session_id;
    const result = await callModel(request, response, { model, params, files, asDicom, session, gone }, parts);
    // OHIF walks over `centroids` without looking whether they are there.
    const json = { centroids: {}, ...result.json, label_names: labelValues(model.spec) };
    await sendResult(response, { ...result, json }, !result.file && form === 'all' ? 'json' : form);
  };
}

/** `foreground`, `background`, `points` and `result_*` mean the same in both. DeepEdit's form has the clicks under the label's own name. */
export function asAiaaParams(params: RequestParams): RequestParams {
  const { label, foreground } = params;
  const clicks: Json | undefined =
    typeof label === 'string' && Object.hasOwn(params, label) ? params[label] : undefined;
  return foreground === undefined && label !== 'background' && Array.isArray(clicks)
    ? { ...params, foreground: clicks }
    : params;
}

/**
 * The archive's series, when the request has no image but names one. Beside a file or a session the name means nothing.
 * @throws BAD_PARAMS for a label image beside it (scribbles), or a name without an archive; what the archive throws
 */
async function seriesOf(
  { image, session_id: session }: z.output<typeof inferQuery>,
  files: readonly UploadedFile[],
  gone: AbortSignal,
  archive: SeriesArchive | undefined,
): Promise<SessionUse | undefined> {
  if (files.some(({ field }) => field === 'label')) {
    throw fail('BAD_PARAMS', { what: 'the form file "label" (scribbles) is not supported: no model here reads one' });
  }
  if (files.length > 0 || session || !image) return undefined;
  if (archive && !/^[\d.]{1,64}$/.test(image))
    throw fail('BAD_PARAMS', {
      what: `image is "${image}", expected the SeriesInstanceUID of a series in the archive`,
    });
  if (archive) return archive.use(image, gone);
  throw fail('BAD_PARAMS', {
    what: `this server has no datastore with an image "${image}": send the image as form file "file", make a session with PUT /session/ and name it with session_id=, or have the operator name a DICOMweb archive with --dicomweb_url`,
  });
}
