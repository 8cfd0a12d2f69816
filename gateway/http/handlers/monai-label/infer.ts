import type { z } from 'zod';
import type { monaiLabelQuery } from '../../../contract/queries';
import { fail } from '../../../errors';
import type { Json, RequestParams } from '../../../pipeline/job';
import type { SeriesArchive } from '../../../sessions/series-archive';
import type { SessionUse } from '../../../sessions/store';
import type { UploadCall } from '../../endpoint';
import { clientGone } from '../../middleware/client-gone';
import type { UploadedFile } from '../../multipart/upload';
import type { Services } from '../../services';
import { callModel, outputOf } from '../inference';
import { sendResult } from '../result-answer';
import { labelValues } from './describe';

type MonaiLabelQuery = z.output<typeof monaiLabelQuery>;

/**
 * `POST /infer/:model`: the image is the form file `file`, that of `?session_id=`, or the series `?image=UID` of the archive. Answers as MONAI Label
 * does: form fields `params` and `image`, or plain JSON when the model makes no image; `output=dicom_seg` is a DICOM file.
 */
export async function runMonaiLabelInference(
  call: UploadCall<never, MonaiLabelQuery>,
  services: Services,
): Promise<void> {
  const { request, response, upload, query, path } = call;
  const model = services.models.getReady(path.model);
  const { form, asDicom } = outputOf(query);
  const params = asAiaaParams(call.params);
  const gone = clientGone(request, response);
  const session = (await seriesOf(query, upload.files, gone, services.archive)) ?? query.session_id;
  const result = await callModel(call, { model, params, asDicom, session, gone }, services);
  // OHIF walks over `centroids` without looking whether they are there.
  const json = { centroids: {}, ...result.json, label_names: labelValues(model.spec) };
  await sendResult(response, { ...result, json }, !result.file && form === 'all' ? 'json' : form);
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
  { image, session_id: session }: MonaiLabelQuery,
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
