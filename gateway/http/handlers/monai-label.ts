import type { z } from 'zod';
import type { MonaiLabelModel } from '../../contract/models';
import type { monaiLabelQuery } from '../../contract/queries';
import { fail } from '../../errors';
import type { ModelSpec } from '../../model-spec';
import type { Json, RequestParams } from '../../pipeline/job';
import type { SeriesArchive } from '../../sessions/series-archive';
import type { SessionUse } from '../../sessions/store';
import type { Call, UploadCall } from '../endpoint';
import { refuseUnnamedPages } from '../middleware/access';
import { clientGone } from '../middleware/request-run';
import type { UploadedFile } from '../multipart/upload';
import type { Services } from '../services';
import { callModel, outputOf } from './inference';
import { sendJson, sendResult } from './result-answer';
import { say } from '../../sentence';

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
  if (query.image && !query.session_id && upload.files.length === 0) refuseUnnamedPages(request, response);
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
    throw fail('BAD_PARAMS', {
      what: say`the form file "label" (scribbles) is not supported: no model here reads one`,
    });
  }
  if (files.length > 0 || session || !image) return undefined;
  if (archive && !/^[\d.]{1,64}$/.test(image))
    throw fail('BAD_PARAMS', {
      what: say`image is "${image}", expected the SeriesInstanceUID of a series in the archive`,
    });
  if (archive) return archive.use(image, gone);
  throw fail('BAD_PARAMS', {
    what: say`this server has no datastore with an image "${image}": send the image as form file "file", make a session with PUT /session/ and name it with session_id=, or have the operator name a DICOMweb archive with --dicomweb_url`,
  });
}

/** `GET /info/`: the server as MONAI Label's plug-ins want to know it. Lists what can run now; nothing here is trained or stored. */
export function describeServer({ response }: Call, { models }: Services): void {
  const specs = models.list().flatMap(({ state, spec }) => (state === 'ready' && spec ? [spec] : []));
  const info = {
    name: 'AIAA gateway',
    description: 'Models of NVIDIA Triton. Inference only: no datastore, no training.',
    version: '2.0',
    labels: [...new Set(specs.flatMap(({ labels }) => labels))],
    models: Object.fromEntries(specs.map((spec) => [spec.name, describeForMonaiLabel(spec)])),
    trainers: {},
    strategies: {},
    scoring: {},
    train_stats: {},
    datastore: {},
  };
  sendJson(response, JSON.stringify(info));
}

/** A model's entry there. Slicer refuses a server that has a `config` of its own beside the models. */
export function describeForMonaiLabel(spec: ModelSpec): MonaiLabelModel {
  return {
    type: typeOf(spec),
    labels: labelValues(spec),
    dimension: dimensionOf(spec),
    description: spec.description,
    config: {},
  };
}

/** The names of the values 1, 2, … turned round: MITK reads nothing else, Slicer and OHIF read both. */
export function labelValues({ labels }: ModelSpec): Record<string, number> {
  return Object.fromEntries(labels.map((name, index) => [name, index + 1]));
}

/** AIAA's types have the same names, apart from pipelines; a pipeline that takes clicks is a deepgrow model to its user. */
function typeOf({ type, info }: ModelSpec): string {
  if (type !== 'pipeline') return type;
  return info.deepgrow === undefined ? 'others' : 'deepgrow';
}

/**
 * Of the image a client sends: what the config says of itself (`deepgrow`), else the axes of the window (a 2-D network can walk through a volume),
 * else the space axes of the network's first input.
 */
function dimensionOf({ info, inference: { inferer }, triton }: ModelSpec): 2 | 3 {
  if (typeof info.deepgrow === 'string') return info.deepgrow.toUpperCase() === '2D' ? 2 : 3;
  if (inferer.kind === 'scanning-window') return inferer.roi.length === 2 ? 2 : 3;
  if (!triton || /^nnunet/.test(inferer.kind)) return 3;
  const channelAndBatch = triton.max_batch_size > 0 ? 1 : 2;
  return triton.input[0]?.dims.length - channelAndBatch === 2 ? 2 : 3;
}
