import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './setup.mjs';

export const SAMPLE_MODEL = 'spleen_ct';

/**
 * Uploads `samples/spleen_ct` as any author would: PUT /admin/model/spleen_ct with the form files `config` and `data`.
 * @param {string} server for example `http://127.0.0.1:5000`; a self-signed certificate is accepted, the server is our own child
 * @param {string} [credentials] `user:password` of its administration
 * @returns {Promise<object>} the server's answer
 */
export async function uploadSampleModel(server, credentials) {
  const folder = join(root, 'samples', SAMPLE_MODEL);
  const form = new FormData();
  form.append(
    'config',
    new Blob([await readFile(join(folder, 'config_aiaa.json'))], { type: 'application/json' }),
    'config_aiaa.json',
  );
  form.append('data', new Blob([await readFile(join(folder, 'model.onnx'))]), 'model.onnx');
  const { status, body } = await send('PUT', `${server}/admin/model/${SAMPLE_MODEL}`, new Response(form), credentials);
  const answer = JSON.parse(body);
  if (status !== 200)
    throw new Error(`the sample model was not accepted (${status}): ${answer.error?.message?.join(' ') ?? body}`);
  return answer;
}

async function send(method, url, payload, auth) {
  const bytes = Buffer.from(await payload.arrayBuffer());
  const headers = { 'content-type': payload.headers.get('content-type'), 'content-length': bytes.length };
  const request = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const call = request(url, { method, headers, auth, rejectUnauthorized: false }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode, body: Buffer.concat(chunks).toString() }));
      response.on('error', reject);
    });
    call.on('error', reject);
    call.end(bytes);
  });
}
