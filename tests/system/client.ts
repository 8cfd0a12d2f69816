import { readFileSync } from 'node:fs';
import path from 'node:path';

/** What a client gets back: status, reason phrase, headers, and the parts of the body. */
export interface Answer {
  status: number;
  reason: string;
  headers: Headers;
  /** JSON body, or the part `params`. */
  // oxlint-disable-next-line typescript/no-explicit-any
  json: any;
  /** Bare file, or the part `image`. */
  image?: Buffer;
}

const sample = path.join(__dirname, '../../samples/spleen_ct');

/** Config and model file of the repository's own sample. */
// oxlint-disable-next-line typescript/no-explicit-any
export const sampleConfig = (): Record<string, any> =>
  JSON.parse(readFileSync(path.join(sample, 'config_aiaa.json'), 'utf8'));
export const sampleModel = (): Buffer => readFileSync(path.join(sample, 'model.onnx'));

/** `PUT /admin/model/<name>` with the form files `config` and `data`; a pipeline has no `data`. */
export async function putModel(
  url: string,
  name: string,
  config: unknown,
  data?: Uint8Array,
  fileName = 'model.onnx',
  headers: Record<string, string> = {},
): Promise<Answer> {
  const form = new FormData();
  const text = typeof config === 'string' ? config : JSON.stringify(config);
  form.append('config', new Blob([text], { type: 'application/json' }), 'config_aiaa.json');
  if (data) form.append('data', new Blob([data as Uint8Array<ArrayBuffer>]), fileName);
  return read(await fetch(`${url}/admin/model/${name}`, { method: 'PUT', body: form, headers }));
}

export interface InferOptions {
  endpoint?: 'segmentation' | 'inference' | 'dextr3d' | 'deepgrow';
  params?: unknown;
  /** More query, for example `output=image`. */
  query?: string;
  fileName?: string;
  field?: string;
  signal?: AbortSignal;
  headers?: Record<string, string>;
  /** More files under the same name. */
  channels?: Uint8Array[];
}

/** An inference call as curl makes it. */
export async function infer(
  url: string,
  model: string,
  image: Uint8Array | undefined,
  options: InferOptions = {},
): Promise<Answer> {
  const {
    endpoint = 'segmentation',
    params = {},
    query = '',
    fileName = 'image.nii.gz',
    field = 'image',
    channels = [],
    signal,
    headers,
  } = options;
  const form = new FormData();
  form.append('params', typeof params === 'string' ? params : JSON.stringify(params));
  if (image) form.append(field, new Blob([image as Uint8Array<ArrayBuffer>]), fileName);
  channels.forEach((bytes, at) =>
    form.append(field, new Blob([bytes as Uint8Array<ArrayBuffer>]), `${at + 2}-${fileName}`),
  );
  const more = query && `&${query}`;
  return read(
    await fetch(`${url}/v1/${endpoint}?model=${encodeURIComponent(model)}${more}`, {
      method: 'POST',
      body: form,
      headers,
      signal,
    }),
  );
}

/** `PUT /session/` with one image. @returns the session's id */
export async function openSession(url: string, image: Uint8Array): Promise<string> {
  const form = new FormData();
  form.append('image', new Blob([image as Uint8Array<ArrayBuffer>]), 'image.nii.gz');
  const { json } = await read(await fetch(`${url}/session/`, { method: 'PUT', body: form }));
  return json.session_id as string;
}

export async function get(url: string): Promise<Answer> {
  return read(await fetch(url));
}

export async function remove(url: string, name: string): Promise<Answer> {
  return read(await fetch(`${url}/admin/model/${name}`, { method: 'DELETE' }));
}

async function read(response: Response): Promise<Answer> {
  const head = { status: response.status, reason: response.statusText, headers: response.headers };
  const type = response.headers.get('content-type') ?? '';
  if (type.startsWith('multipart/')) {
    const parts = await response.formData();
    const image = Buffer.from(await (parts.get('image') as File).arrayBuffer());
    return { ...head, json: JSON.parse(parts.get('params') as string), image };
  }
  if (type.startsWith('application/json')) return { ...head, json: await response.json() };
  return { ...head, json: undefined, image: Buffer.from(await response.arrayBuffer()) };
}
