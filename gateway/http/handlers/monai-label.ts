import type { z } from 'zod';
import type { MonaiLabelModel } from '../../contract/models';
import type { datastoreQuery, monaiLabelQuery } from '../../contract/queries';
import { fail } from '../../errors';
import type { ModelSpec } from '../../model-spec';
import type { Json, RequestParams } from '../../pipeline/job';
import { datastoreKey } from '../../sessions/datastore-key';
import type { SessionUse } from '../../sessions/store';
import type { Call, UploadCall } from '../endpoint';
import { refuseUnnamedPages } from '../middleware/access';
import { clientGone } from '../middleware/request-run';
import { warnClient } from '../middleware/warnings';
import { refuseTextInPlaceOfFile, warnOfUnreadFields } from '../multipart/form-fields';
import type { Services } from '../services';
import { callModel, outputOf } from './inference';
import { sendJson, sendResult } from './result-answer';
import { say, shortId } from '../../sentence';

type MonaiLabelQuery = z.output<typeof monaiLabelQuery>;

/**
 * `POST /infer/:model`: the image is the form file `file`, that of `?session_id=`, or with `?image=ID` one of the datastore or a series of the archive. Answers as MONAI Label
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
  if (upload.files.some(({ field }) => field === 'label'))
    throw fail('BAD_PARAMS', {
      what: say`the form file "label" (scribbles) is not supported: no model here reads one`,
    });
  const named = upload.files.length === 0 && !query.session_id && query.image;
  const session = named ? await imageOf(named, call, gone, services) : query.session_id;
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
 * The image that a request names and does not send: one that its client put into the datastore, else a series of the archive.
 * @throws BAD_PARAMS where there is none; what the archive throws
 */
async function imageOf(
  image: string,
  { request, response, params }: UploadCall,
  gone: AbortSignal,
  { archive, sessions }: Services,
): Promise<SessionUse> {
  const kept = sessions.named(datastoreKey(request.ip, params.client_id, image));
  if (kept !== undefined) return sessions.use(kept);
  refuseUnnamedPages(request, response);
  if (archive && /^[\d.]{1,64}$/.test(image)) return archive.use(image, gone);
  const series = archive ? say`, and it is no SeriesInstanceUID of the archive` : say``;
  throw fail('BAD_PARAMS', {
    what: say`the datastore has no image "${image}" of this client${series}: send it with PUT /datastore/?image=ID and the same client_id, or as form file "file"; a series of an archive needs --dicomweb_url, which the operator sets`,
  });
}

/** `PUT /datastore`: a session that its client finds by an ID of its own. */
export async function keepImage(
  call: UploadCall<'NO_IMAGE', z.output<typeof datastoreQuery>>,
  { sessions }: Services,
): Promise<void> {
  const { request, response, upload, query, params, fail } = call;
  refuseTextInPlaceOfFile(upload, ['file']);
  warnOfUnreadFields(call, ['params']);
  if (upload.files.length === 0) throw fail('NO_IMAGE');
  const name = datastoreKey(request.ip, params.client_id, query.image);
  const { id, info } = await sessions.create(() => Promise.resolve(upload.files), {
    name,
    signal: clientGone(request, response),
  });
  request.run.about.session = shortId(id);
  warnClient(request, response, info.warnings, `GET /session/${id}`);
  sendJson(response, JSON.stringify({ image: query.image }));
}

/** `GET /info/`: the server as MONAI Label's plug-ins want to know it. Lists what can run now; nothing here is trained or stored. */
export function describeServer({ response }: Call, { models }: Services): void {
  const specs = models.list().flatMap(({ state, spec }) => (state === 'ready' && spec ? [spec] : []));
  const info = {
    name: 'AIAA gateway',
    description: 'Models of NVIDIA Triton. Inference only: no training.',
    version: '2.0',
    // Slicer offers them as segments to draw, which the classes of a picture are not.
    labels: [...new Set(specs.flatMap((spec) => (spec.type === 'classification' ? [] : spec.labels)))],
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
