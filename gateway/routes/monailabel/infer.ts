import type { Request, Response } from 'express';
import { z } from 'zod';
import { fail } from '../../errors';
import type { Json, RequestParams } from '../../inference/job';
import { callModel, outputKey, sessionKey, type InferenceRouteParts } from '../inference';
import { inferenceParams, parseParams } from '../request-params';
import { queryText, readQuery } from '../request-query';
import { sendResult } from '../result-answer';
import { uploadOf, type UploadedFile } from '../upload';
import { labelValues } from './describe';

export const inferQuery = z.object({
  session_id: sessionKey,
  output: outputKey,
  image: queryText('Name of an image in a datastore. There is none here: it is ignored beside a file or a session.'),
});

/**
 * `POST /infer/:model`: the image is the form file `file` or that of `?session_id=`. Answers as MONAI Label does: form fields `params` and `image`,
 * or plain JSON when the model makes no image.
 */
export function runMonaiLabelInference(parts: InferenceRouteParts) {
  return async function answerInfer(request: Request<{ model: string }>, response: Response): Promise<void> {
    const { fields, files, json: body } = uploadOf(request);
    const model = parts.models.getReady(request.params.model);
    const query = readQuery(inferQuery, request);
    const { output: form, session_id: session } = query;
    const params = asAiaaParams(parseParams(fields.params ?? body, inferenceParams));
    checkImage(query, files);
    const result = await callModel(request, response, { model, params, files, session }, parts);
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

/** @throws BAD_PARAMS for an image of a datastore, or a label image beside it (scribbles) */
function checkImage({ image, session_id: session }: z.output<typeof inferQuery>, files: readonly UploadedFile[]): void {
  if (files.some(({ field }) => field === 'label')) {
    throw fail('BAD_PARAMS', { what: 'the form file "label" (scribbles) is not supported: no model here reads one' });
  }
  if (files.length === 0 && !session && image) {
    throw fail('BAD_PARAMS', {
      what: `this server has no datastore with an image "${image}": send the image as form file "file", or make a session with PUT /session/ and name it with session_id=`,
    });
  }
}
