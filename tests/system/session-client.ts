import type { Answer } from './client';

export interface Part {
  field: string;
  name: string;
  content: Uint8Array;
}

/** `PUT /session/` with file parts, then `params` as OHIF and XNAT send it. */
export async function putSession(url: string, parts: readonly Part[], query = '', params?: string): Promise<Answer> {
  const form = new FormData();
  for (const { field, name, content } of parts)
    form.append(field, new Blob([content as Uint8Array<ArrayBuffer>], { type: 'application/octet-stream' }), name);
  if (params !== undefined) form.append('params', params);
  return answerOf(await fetch(`${url}/session/${query && `?${query}`}`, { method: 'PUT', body: form }));
}

/** `PUT /session/` with one image in the part `image`. */
export function putImage(url: string, content: Uint8Array, query = '', name = 'image.nii.gz'): Promise<Answer> {
  return putSession(url, [{ field: 'image', name, content }], query);
}

export async function putJson(url: string, body: unknown, query = 'expiry=0&save_as=.nii'): Promise<Answer> {
  const headers = { 'content-type': 'application/json;charset=utf-8', accept: 'application/json' };
  return answerOf(await fetch(`${url}/session/?${query}`, { method: 'PUT', body: JSON.stringify(body), headers }));
}

export async function getSession(url: string, id: string, query = ''): Promise<Answer> {
  return answerOf(await fetch(`${url}/session/${id}${query && `?${query}`}`));
}

export async function deleteSession(url: string, id: string): Promise<Answer> {
  return answerOf(await fetch(`${url}/session/${id}`, { method: 'DELETE' }));
}

async function answerOf(response: Response): Promise<Answer> {
  const head = { status: response.status, reason: response.statusText, headers: response.headers };
  return { ...head, json: await response.json() };
}
