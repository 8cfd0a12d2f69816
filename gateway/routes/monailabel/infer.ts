import type { Request, Response } from 'express';
import { fail } from '../../errors';
import type { Json, RequestParams } from '../../inference/job';
import { callModel, outputForm, type InferenceRouteParts } from '../inference';
import { parseParams } from '../request-params';
import { sendResult } from '../result-answer';
import { uploadOf, type UploadedFile } from '../upload';
import { labelValues } from './describe';

/**
 * `POST /infer/:model`: the image is the form file `file` or that of `?session_id=`. Answers as MONAI Label does: form fields `params` and `image`,
 * or plain JSON when the model makes no image.
 */
export function runMonaiLabelInference(parts: InferenceRouteParts) {
  return async function answerInfer(request: Request<{ model: string }>, response: Response): Promise<void> {
    const { fields, files, json: body } = uploadOf(request);
    const model = parts.models.getReady(request.params.model);
    const form = outputForm(request);
    const params = asAiaaParams(parseParams(fields.params ?? body));
    checkImage(request, files);
    const result = await callModel(request, response, { model, params, files }, parts);
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
function checkImage({ query: { image, session_id: session } }: Request, files: readonly UploadedFile[]): void {
  if (files.some(({ field }) => field === 'label')) {
    throw fail('BAD_PARAMS', { what: 'the form file "label" (scribbles) is not supported: no model here reads one' });
  }
  if (files.length === 0 && !session && image) {
    throw fail('BAD_PARAMS', {
      what: `this server has no datastore with an image "${String(image)}": send the image as form file "file", or make a session with PUT /session/ and name it with session_id=`,
    });
  }
}
